"""The sites that a person switched to last, in this session. A switch writes them; showing them writes nothing."""

from __future__ import annotations

from itertools import islice

from django.http import HttpRequest

from app.tenancy.hosts.snapshot import SiteEntry
from app.tenancy.people.permissions import SitesOf

RECENT = "recent_sites"
MOST_RECENT = 8


def note_switch(request: HttpRequest, site: SiteEntry, *, before: int) -> None:
    """Of the two sites, the new one comes first."""
    known = request.session.get(RECENT, ())
    request.session[RECENT] = list(dict.fromkeys([site.id, before, *known]))[:MOST_RECENT]


def recent_sites(request: HttpRequest, permitted: SitesOf) -> list[SiteEntry]:
    """Newest first."""
    # SECURITY: only of the permitted ones: a role may have ended since.
    return permitted.with_ids(request.session.get(RECENT, ()))


def recent_first(request: HttpRequest, permitted: SitesOf, *, most: int) -> list[SiteEntry]:
    """The first `most`: those of this session, then the others by name."""
    recent = recent_sites(request, permitted)
    others = (site for site in permitted.by_name if site not in recent)
    return list(islice((*recent, *islice(others, most)), most))
