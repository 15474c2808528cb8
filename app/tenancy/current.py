"""The current site: kept in a ContextVar for the length of a request or of a `use_site` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

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


_current: ContextVar[CurrentSite | None] = ContextVar("current_site", default=None)


def current_site() -> CurrentSite:
    """The site that this code runs for. Raises `NoCurrentSite`."""
    site = _current.get()
    if site is None:
        raise NoCurrentSite
    return site


def current_site_or_none() -> CurrentSite | None:
    return _current.get()


@contextmanager
def use_site(site: HasSiteId | int) -> Iterator[CurrentSite]:
    """Makes a site current inside the block; nests, and restores the previous one. Raises `NoSuchSite`."""
    chosen = find_site(site if isinstance(site, int) else site.id).chosen_by("override")
    with activate(chosen):
        yield chosen


@contextmanager
def activate(site: CurrentSite) -> Iterator[None]:
    outer = _current.get()
    token = _current.set(site)
    _bind(site)
    try:
        yield
    finally:
        _current.reset(token)
        _bind(outer)


def _bind(site: CurrentSite | None) -> None:
    if site is None:
        unbind_site()
    else:
        bind_site(site_id=site.id, domain=site.domain, source=site.source)
