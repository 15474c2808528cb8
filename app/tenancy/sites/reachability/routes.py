"""What is known about the routes of sites in front of this installation. An app that keeps them sets the source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from app.tenancy.sites.reachability.report import Step

Source = Callable[[Collection[int]], Mapping[int, Step]]


class Routes:
    """One instance, `routes`. Without a source, nothing is known about any site."""

    def __init__(self) -> None:
        self.source: Source | None = None

    def of(self, site_ids: Collection[int]) -> Mapping[int, Step]:
        """Site id → its route, for those whose route is kept; a query or two for any number of sites."""
        return self.source(site_ids) if self.source is not None and site_ids else {}


routes = Routes()
