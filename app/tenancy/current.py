"""Which site is this? The answer lives in a ContextVar for the length of a request, or of a `use_site` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from django.contrib.sites.models import Site

from app.observability.context import bind_site, unbind_site
from app.tenancy.directory import SiteEntry, directory

Source = Literal["session", "host", "environment", "setting", "override"]


class NoCurrentSite(RuntimeError):
    """Something that belongs to a site was asked for while no site is current."""

    def __init__(self) -> None:
        super().__init__("No site is current here. Wrap the code in use_site(site), or run the command with --site=ID.")


class UnknownSite(LookupError):
    """No site has this id. `site_id` holds it."""

    def __init__(self, site_id: object) -> None:
        self.site_id = site_id
        super().__init__(f"There is no site with id {site_id!r}.")


@dataclass(frozen=True, slots=True)
class CurrentSite:
    """A site and the step of the pipeline that chose it."""

    entry: SiteEntry
    source: Source

    @property
    def id(self) -> int:
        return self.entry.id

    @property
    def pk(self) -> int:
        return self.entry.id

    @property
    def domain(self) -> str:
        """The canonical domain; links are made from it, never from a request's host."""
        return self.entry.domain

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def theme(self) -> str:
        return self.entry.theme

    @property
    def colour(self) -> str:
        return self.entry.colour


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
def use_site(site: Site | SiteEntry | CurrentSite | int) -> Iterator[CurrentSite]:
    """Makes a site current inside the block; nests, and restores what was there. Raises `UnknownSite`."""
    if isinstance(site, CurrentSite):
        chosen = site
    elif isinstance(site, SiteEntry):
        chosen = CurrentSite(site, "override")
    else:
        chosen = CurrentSite(find_site(site.pk if isinstance(site, Site) else site), "override")
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


def find_site(site_id: int) -> SiteEntry:
    """The directory's entry of a site. Raises `UnknownSite`."""
    entry = directory.snapshot().sites.get(site_id)
    if entry is None:
        # Made a moment ago by another process: one look past the interval before saying no.
        directory.expire()
        entry = directory.snapshot().sites.get(site_id)
    if entry is None:
        raise UnknownSite(site_id)
    return entry


def _bind(site: CurrentSite | None) -> None:
    if site is None:
        unbind_site()
    else:
        bind_site(site_id=site.id, domain=site.domain, source=site.source)
