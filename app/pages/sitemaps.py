from __future__ import annotations

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from app.pages.models import Page


class PagesSitemap(Sitemap[Page]):
    """The published pages of the current site, for `/sitemap.xml`."""

    def items(self) -> QuerySet[Page]:
        pages: QuerySet[Page] = Page.objects.published().filter(in_sitemap=True).only("site", "path", "updated_at")
        return pages.order_by("path")

    def lastmod(self, item: Page) -> datetime | None:
        return item.updated_at
