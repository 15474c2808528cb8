"""The sites that a person switched to last. A switch writes them to the session; showing them writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.http import HttpRequest

from app.tenancy.hosts.snapshot import SiteEntry

RECENT = "recent_sites"
MOST_RECENT = 8
#: Of the log, for a session in which nothing was chosen yet.
MOST_READ = 50
SWITCHED = "Switched to this site."


def note_switch(request: HttpRequest, site: SiteEntry, *, before: int) -> None:
    """Of the two sites, the new one comes first."""
    known = request.session.get(RECENT) or logged_switches(request)
    request.session[RECENT] = list(dict.fromkeys([site.id, before, *known]))[:MOST_RECENT]


def recent_first(request: HttpRequest, permitted: Sequence[SiteEntry], *, most: int) -> list[SiteEntry]:
    """The first `most`: those of this session first, newest first, then in the order given."""
    recent = chosen(request.session.get(RECENT, ()), permitted)
    return list({site.id: site for site in (*recent, *permitted)}.values())[:most]


def recent_sites(request: HttpRequest, permitted: Iterable[SiteEntry]) -> list[SiteEntry]:
    """Those of this session; of the log, if it has none."""
    return chosen(request.session.get(RECENT) or logged_switches(request), permitted)


def chosen(ids: Iterable[int], permitted: Iterable[SiteEntry]) -> list[SiteEntry]:
    # SECURITY: only of the permitted ones: a role may have ended since.
    by_id = {site.id: site for site in permitted}
    return [by_id[pk] for pk in ids if pk in by_id]


def logged_switches(request: HttpRequest) -> list[int]:
    """The ids of the last sites that the person switched to, newest first."""
    entries = LogEntry.objects.filter(
        user=request.user.pk,
        content_type=ContentType.objects.get_for_model(Site),
        action_flag=CHANGE,
        change_message=SWITCHED,
    )
    keys = entries.order_by("-pk").values_list("object_id", flat=True)[:MOST_READ]
    return [int(key) for key in dict.fromkeys(keys) if key and key.isdecimal()][:MOST_RECENT]
