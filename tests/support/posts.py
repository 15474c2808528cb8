"""Posts of a site."""

from __future__ import annotations

from typing import Any

from django.contrib.sites.models import Site

from app.posts.models import Post
from app.tenancy.current import use_site


def post(site: Site, **values: Any) -> Post:
    """A published post of the site."""
    with use_site(site):
        made: Post = Post.objects.create(**{"title": "T", "slug": "t", "status": "published", **values})
        return made
