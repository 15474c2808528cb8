"""How a credential's reads of a day are divided between the sites that use it. Pure.

Half of the quota is divided equally between the sites: each one's share. The other half is open to all of them. A
site reads from its share first, so whatever the others read, it can read as much as its share on every day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class DayReads:
    """What was read on one day (UTC), in all and by site, and what may still be read."""

    limit: int
    sites: Collection[int]
    """The sites that have feeds with the credential."""
    reads: int = 0
    by_site: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.share = self.limit // 2 // max(len(self.sites), 1)
        self._kept = sum(self._left_of_share(site) for site in self.sites)

    def room(self, wanted: Mapping[int, int], *, reserved: int = 0) -> int:
        """How many reads a request may bring that wants up to so many for each site."""
        left = max(self.limit - self.reads - reserved, 0)
        own = sum(min(self._left_of_share(site), most) for site, most in wanted.items() if site in self.sites)
        return min(left, max(left - self._kept, 0) + own)

    def count(self, reads: Iterable[Collection[int]]) -> None:
        """`reads` has the sites that each read is for. The one of them that has read least pays for it."""
        for sites in reads:
            self.reads += 1
            site = min(sites, key=lambda one: (self.by_site[one], one), default=None)
            if site is not None:
                self._kept -= site in self.sites and self._left_of_share(site) > 0
                self.by_site[site] += 1

    def _left_of_share(self, site: int) -> int:
        return max(self.share - self.by_site[site], 0)
