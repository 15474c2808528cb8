"""All sites at one moment, as frozen values: built from database rows, read by the resolver."""

from __future__ import annotations

import re
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from app.tenancy.hosts.names import InvalidHost, normalise_alias

ACTIVE, SUSPENDED, ARCHIVED = "active", "suspended", "archived"
STATES = (ACTIVE, SUSPENDED, ARCHIVED)
Source = Literal["session", "host", "environment", "setting", "override"]
_NORMALISED = re.compile(r"[a-z0-9.-]*[a-z0-9]")


class CurrentSite(NamedTuple):
    """The site that code runs for. `source` names the step that chose it.

    `domain` is canonical: links are made from it, never from a request's host.
    """

    id: int
    domain: str
    name: str
    state: str
    theme: str
    colour: str
    settings: str
    source: Source


class SiteEntry(NamedTuple):
    """What a request needs to know of a site. `domain` is canonical and normalised.

    `settings` is the JSON of the profile's settings, or empty; `app.tenancy.sites.settings` reads it.
    """

    id: int
    domain: str
    name: str
    state: str
    theme: str
    colour: str
    settings: str = ""

    def chosen_by(self, source: Source) -> CurrentSite:
        return CurrentSite(*self, source)


class Match(NamedTuple):
    """A host that belongs to a site. `redirects` is true for an alias that redirects to `site.domain`."""

    site: SiteEntry
    redirects: bool


@dataclass(frozen=True)
class Snapshot:
    """All sites at one epoch. `epoch` is None when it was read inside a transaction that may still roll back.

    What the admin reads of it is made when it is first read: a process that serves pages never needs it.
    """

    epoch: int | None = None
    sites: Mapping[int, SiteEntry] = field(default_factory=dict)
    canonical: Mapping[str, SiteEntry] = field(default_factory=dict)
    aliases: Mapping[str, Match] = field(default_factory=dict)
    wildcards: Mapping[str, Match] = field(default_factory=dict)
    # The label counts of the wildcards' parents, longest first: a look-up tries each once, whatever the host is.
    wildcard_depths: tuple[int, ...] = ()

    def find(self, host: str) -> Match | None:
        """The site of a normalised host: exact names first, then the most specific wildcard."""
        site = self.canonical.get(host)
        if site is not None:
            return Match(site, False)
        match = self.aliases.get(host)
        if match is not None or not self.wildcard_depths:
            return match
        labels = host.split(".")
        for depth in self.wildcard_depths:
            if depth < len(labels):
                match = self.wildcards.get(".".join(labels[-depth:]))
                if match is not None:
                    return match
        return None

    def named(self, host: str) -> SiteEntry | None:
        """The site with exactly this normalised domain or alias; a wildcard only as it is written, `*.example.org`."""
        site = self.canonical.get(host)
        if site is not None:
            return site
        match = self.wildcards.get(host[2:]) if host.startswith("*.") else self.aliases.get(host)
        return match.site if match else None

    def __iter__(self) -> Iterator[SiteEntry]:
        return iter(self.sites.values())

    def active(self) -> list[SiteEntry]:
        """The active sites, in the order of their ids."""
        return [site for site in self if site.state == ACTIVE]

    @cached_property
    def not_archived(self) -> Mapping[int, SiteEntry]:
        """By their ids."""
        return {site.id: site for site in self if site.state != ARCHIVED}

    @cached_property
    def by_name(self) -> Sequence[SiteEntry]:
        """The sites that are not archived, in the order of their names."""
        return in_order_of_names(self.not_archived.values())


def in_order_of_names(sites: Iterable[SiteEntry]) -> Sequence[SiteEntry]:
    return sorted(sites, key=lambda site: (site.name.casefold(), site.domain))


def build(
    epoch: int | None,
    sites: Iterable[tuple[int, str, str, str | None, str | None, str | None, str | None]],
    aliases: Iterable[tuple[str, int, bool]],
    pending: Container[str] = frozenset(),
) -> Snapshot:
    """A snapshot from rows `(id, domain, name, state, theme, colour, settings)` and `(host, site_id, redirects)`.

    `pending` are stored hosts that are not served yet.
    """
    by_id: dict[int, SiteEntry] = {}
    canonical: dict[str, SiteEntry] = {}
    for pk, domain, name, state, *others in sites:
        domain = _normalised(domain)
        # States, themes, colours and settings repeat.
        theme, colour, values = (sys.intern("" if value in {None, "{}"} else value) for value in others)
        entry = SiteEntry(pk, domain, name, sys.intern(state or ACTIVE), theme, colour, values)
        by_id[pk] = entry
        if domain not in pending:
            canonical.setdefault(domain, entry)  # two spellings of one domain: the older site keeps it
    exact: dict[str, Match] = {}
    wildcards: dict[str, Match] = {}
    for host, site_id, redirects in aliases:
        if site_id not in by_id or host in pending:
            continue  # a site that was added after the sites were read: the next refresh finds both
        host, match = _normalised(host), Match(by_id[site_id], bool(redirects))
        if host.startswith("*."):
            wildcards.setdefault(host[2:], match)
        else:
            exact.setdefault(host, match)
    depths = sorted({parent.count(".") + 1 for parent in wildcards}, reverse=True)
    return Snapshot(epoch, by_id, canonical, exact, wildcards, tuple(depths))


def _normalised(host: str) -> str:
    """A stored host in the spelling of requests: `.update()`, fixtures and psql can store any spelling."""
    if _NORMALISED.fullmatch(host):
        return host  # nearly all are; calling the normaliser would double the time to load 100,000
    try:
        return normalise_alias(host)
    except InvalidHost:
        return host  # no request can match it
