"""The sitemaps of the apps of the current site, in parts of a bounded size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.core.paginator import Paginator

from app.tenancy.current import current_site
from app.tenancy.site_apps import labelled_here

#: Of one response. The protocol allows 50,000, but the page cache stores at most half a megabyte, and a response that
#: is not stored is made again for each request.
MOST_URLS = 1_000


@dataclass(frozen=True)
class Section:
    """What one app lists. `name` is the app's label; the second class of an app has a 2 behind it, and so on."""

    name: str
    sitemap: Sitemap[Any]

    @cached_property
    def paginator(self) -> Paginator[Any]:
        # Django's property makes a new one each time, which counts again.
        return self.sitemap.paginator

    @property
    def count(self) -> int:
        return self.paginator.count

    @property
    def parts(self) -> int:
        """How many parts it has; one that lists nothing has none."""
        return self.paginator.num_pages if self.count else 0

    def urls(self, number: int, scheme: str) -> list[dict[str, Any]]:
        """The entries of a part, on the canonical domain of the current site. `number` begins with 1."""
        # Django's method takes whatever has a domain.
        site: Any = current_site()
        return list(self.sitemap.get_urls(number, site, scheme))


def sections() -> list[Section]:
    found: list[Section] = []
    of_app: Counter[str] = Counter()
    for label, sitemap_class in labelled_here("sitemaps"):
        of_app[label] += 1
        sitemap = sitemap_class()
        sitemap.limit = min(sitemap.limit, MOST_URLS)
        found.append(Section(label if of_app[label] == 1 else f"{label}{of_app[label]}", sitemap))
    return found
