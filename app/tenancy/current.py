"""The current site: kept in a ContextVar for the length of a request or of a `use_site` block.

Outside both, in a script that calls `django.setup()`, it is the site of `MEZZANINE_SITE_ID`, if that is set. In a
server that variable is one of the steps of a request (docs/sites.md): nothing else there has a site because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.conf import settings

from app.observability.context import bind_site, unbind_site
from app.tenancy.directory import find_site
from app.tenancy.hosts.snapshot import CurrentSite


class NoCurrentSite(RuntimeError):
    """Code that works on a site's data ran while no site is current."""

    def __init__(self) -> None:
        super().__init__("No site is current here. Wrap the code in use_site(site), or run the command with --site=ID.")


class HasSiteId(Protocol):
    """A `Site` row, a directory entry, a current site."""

    @property
    def id(self) -> int: ...


class SiteOfProcess:
    """Which site is current where neither a request nor a `use_site` block has decided it."""

    is_server = False

    def find(self) -> CurrentSite | None:
        """The site of MEZZANINE_SITE_ID. Raises `NoSuchSite`, `DirectoryUnavailable`."""
        if self.is_server or settings.MEZZANINE_SITE_ID is None:
            return None
        return find_site(settings.MEZZANINE_SITE_ID).chosen_by("environment")


site_of_process = SiteOfProcess()
_current: ContextVar[CurrentSite | SiteOfProcess | None] = ContextVar("current_site", default=site_of_process)


def current_site() -> CurrentSite:
    """The site that this code runs for. Raises `NoCurrentSite`."""
    site = current_site_or_none()
    if site is None:
        raise NoCurrentSite
    return site


def current_site_or_none() -> CurrentSite | None:
    site = _current.get()
    return site.find() if isinstance(site, SiteOfProcess) else site


@contextmanager
def use_site(site: HasSiteId | int) -> Iterator[CurrentSite]:
    """Makes a site current inside the block; nests, and restores the previous one. Raises `NoSuchSite`."""
    chosen = find_site(site if isinstance(site, int) else site.id).chosen_by("override")
    with activate(chosen):
        yield chosen


@contextmanager
def activate(site: CurrentSite | None) -> Iterator[None]:
    """Makes a site current inside the block; with None, no site is, whatever MEZZANINE_SITE_ID says."""
    outer = _current.get()
    token = _current.set(site)
    _bind(site)
    try:
        yield
    finally:
        _current.reset(token)
        _bind(outer)


def _bind(site: CurrentSite | SiteOfProcess | None) -> None:
    if site is None or isinstance(site, SiteOfProcess):
        unbind_site()
    else:
        bind_site(site_id=site.id, domain=site.domain, source=site.source)
