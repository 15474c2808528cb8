from __future__ import annotations

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from app.posts.models import Post


class PostsSitemap(Sitemap[Post]):
    """The published posts of the current site, for `/sitemap.xml`."""

    def items(self) -> QuerySet[Post]:
        posts: QuerySet[Post] = Post.objects.published().filter(in_sitemap=True)
        return posts.only("site", "slug", "publish_at", "updated_at").order_by("-publish_at", "-pk")

    def lastmod(self, item: Post) -> datetime | None:
        return item.modified_at
