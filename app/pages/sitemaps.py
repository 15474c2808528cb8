from __future__ import annotations

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from app.pages.kinds import label_of
from app.pages.models import LinkPage, Page
from app.publishing.described import modified_at


class PagesSitemap(Sitemap[Page]):
    """The published pages of the current site, for `/sitemap.xml`, without those that need a sign-in. Links are left
    out: they have no content.
    """

    def items(self) -> QuerySet[Page]:
        listed = Page.objects.published().filter(in_sitemap=True, login_required=False).exclude(kind=label_of(LinkPage))
        pages: QuerySet[Page] = listed.only("site", "path", "publish_at", "updated_at").order_by("path")
        return pages

    def lastmod(self, item: Page) -> datetime | None:
        return modified_at(item)
