"""Tells apps that sites were added or changed: the signals of `app.extension`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.sites.models import Site
from django.db import transaction
from django.dispatch import Signal

from app.extension import site_archived, site_created, site_renamed, site_state_changed
from app.tenancy.current import use_site
from app.tenancy.hosts.snapshot import ARCHIVED
from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.specification import SiteSpecification

Announcement = tuple[Signal, Site, dict[str, Any]]


def announce(added: Iterable[SiteProfile], changed: Iterable[tuple[SiteProfile, SiteSpecification]]) -> None:
    """Sends a signal for each of the sites when the transaction has ended. Changed ones come with what they were."""
    announcements: list[Announcement] = [(site_created, profile.site, {}) for profile in added]
    for profile, before in changed:
        announcements += _changes(profile, before)
    heard = [entry for entry in announcements if entry[0].has_listeners(Site)]
    if heard:
        transaction.on_commit(lambda: _send(heard))


def _changes(profile: SiteProfile, before: SiteSpecification) -> Iterator[Announcement]:
    if profile.site.domain != before.domain:
        yield site_renamed, profile.site, {"old_domain": before.domain}
    if profile.state != before.state:
        yield site_state_changed, profile.site, {"old_state": before.state, "new_state": profile.state}
        if profile.state == ARCHIVED:
            yield site_archived, profile.site, {}


def _send(announcements: Iterable[Announcement]) -> None:
    for signal, site, values in announcements:
        with use_site(site.pk):
            signal.send_robust(sender=Site, site=site, **values)  # Django logs what a receiver raises
