"""What visitors find below /blog/, for redirects: none is used where something is served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.urls import Resolver404, ResolverMatch, resolve

from app.posts.labels import BLOG, Author, Category, Label, Tag
from app.posts.models import Post
from app.tenancy.site_apps import is_on

LABELS: dict[str, type[Label]] = {model.kind: model for model in (Category, Tag, Author)}


def served_among(paths: Collection[str]) -> set[str]:
    """Those of the decoded paths at which visitors of the current site find a post, or a list of posts."""
    found: set[str] = set()
    slugs: dict[type[Post | Label], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in paths if is_on("posts") else ():
        match = _resolved(path)
        if match is not None and (slug := match.kwargs.get("slug")):
            model = Post if match.url_name == "post" else LABELS.get(match.url_name or "", Category)
            slugs[model][slug].append(path)
        elif match is not None:
            found.add(path)
    for model, by_slug in slugs.items():
        rows = Post.objects.published() if model is Post else model.objects.all()
        for slug in rows.filter(slug__in=list(by_slug)).values_list("slug", flat=True):
            found.update(by_slug[slug])
    return found


def _resolved(path: str) -> ResolverMatch | None:
    if not path.startswith(BLOG):
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match if match.namespace == "posts" else None
