"""What a request knows of its site: one object, `request.tenancy`, set by `HostMiddleware`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest

from app.tenancy.hosts.resolver import Fallbacks, Resolution, resolve
from app.tenancy.hosts.snapshot import CurrentSite, SiteEntry, Snapshot


class ThemePreview(NamedTuple):
    """A theme and its options that one person looks at, until a time in seconds since 1970."""

    site_id: int
    theme: str
    options: Mapping[str, Any]
    until: float


class RowPreview(NamedTuple):
    """A row is shown as visitors would see it: as stored, by a link that ends, or with what a form has unsaved."""

    until: datetime | None = None


@dataclass(slots=True)
class Tenancy:
    """`host_site` is the site of the host; `site` the one that is served, another one in an editor's preview.

    `offers_admin`: whether the host serves the admin. `repeated`: the view was called a second time, because the
    database was lost. `theme_preview`: what `site` is shown with, instead of its own theme. `row_preview`: the page is
    not what visitors see at its address. `edit_address`: where this person may edit what the page shows.
    """

    host: str
    host_site: CurrentSite
    site: CurrentSite
    snapshot: Snapshot
    fallbacks: Fallbacks
    offers_admin: bool = True
    repeated: bool = False
    theme_preview: ThemePreview | None = None
    row_preview: RowPreview | None = None
    edit_address: str = ""

    @property
    def is_canonical(self) -> bool:
        """Whether the site is served as it is at its own domain. Search engines list only these pages."""
        is_own = self.theme_preview is None and self.row_preview is None
        return is_own and self.site.source == "host" and self.host == self.site.domain

    def resolve_with(self, session_site: SiteEntry) -> Resolution:
        """The pipeline again, with an editor's permitted choice.

        It uses the same snapshot as the first time: a change to a site meanwhile affects neither step.
        """
        return resolve(self.snapshot, self.host, self.fallbacks, session_site=session_site)


class TenancyRequest(HttpRequest):
    """A request behind `HostMiddleware`; for type hints only."""

    tenancy: Tenancy


def configured_fallbacks() -> Fallbacks:
    """As the settings have them."""
    return Fallbacks(
        frozenset(settings.LISTED_HOSTS),
        settings.MEZZANINE_SITE_ID,
        settings.DEFAULT_SITE_ID,
        frozenset(settings.ADMIN_HOSTS),
    )


def tenancy_of(request: HttpRequest) -> Tenancy:
    return cast("TenancyRequest", request).tenancy
