"""What visitors find below /blog/, for redirects: none is used where something is served."""

from __future__ import annotations

from django.urls import Resolver404, resolve

from app.posts.labels import BLOG, Author, Category, Label, Tag
from app.posts.models import Post
from app.tenancy.site_apps import is_on

LABELS: dict[str, type[Label]] = {model.kind: model for model in (Category, Tag, Author)}


def is_served(path: str) -> bool:
    """Whether visitors of the current site find a post, or a list of posts, at a decoded path."""
    if not path.startswith(BLOG) or not is_on("posts"):
        return False
    try:
        found = resolve(path)
    except Resolver404:
        return False
    if found.namespace != "posts":
        return False
    slug = found.kwargs.get("slug")
    if slug is None:
        return True
    if found.url_name == "post":
        return bool(Post.objects.published().filter(slug=slug).exists())
    return bool(LABELS.get(found.url_name or "", Category).objects.filter(slug=slug).exists())
