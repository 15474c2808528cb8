"""Which site is a request for? Pure functions over a snapshot; no request, no database, no clock.

HostRefused
├── BadHost            400  not a host name
├── ConflictingHosts   400  Host and X-Forwarded-Host name two different sites
└── UnknownHost        404  no site has this host, and no operator listed it
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from app.tenancy.current import CurrentSite
from app.tenancy.directory import Match, SiteEntry, Snapshot
from app.tenancy.hosts.names import Host, InvalidHost, parse_host


class HostRefused(Exception):
    """The request's host decides against serving it; `reason` is a word for logs and metrics."""

    status = 400
    reason = "refused"


class BadHost(HostRefused):
    reason = "invalid"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class ConflictingHosts(HostRefused):
    reason = "conflict"


class UnknownHost(HostRefused):
    status = 404
    reason = "unknown"

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(host)


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """What an operator set for hosts that no site has."""

    listed_hosts: Container[str]
    environment_site_id: int | None
    setting_site_id: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer: the site, the step that gave it, and whether the host is an alias that sends visitors on."""

    current: CurrentSite
    redirects: bool = False


def effective_host(snapshot: Snapshot, *, host: str | None, forwarded: str | None, trusted: bool, hops: int) -> Host:
    """The host that a request is for: `X-Forwarded-Host` from a trusted peer, otherwise `Host`.

    Of a list, the value that the nearest trusted proxy added counts: the `hops`-th from the right.
    Raises `BadHost`, `ConflictingHosts`.
    """
    if not trusted or forwarded is None:
        return _parse(host)
    effective = _parse(nearest(forwarded, hops))
    # SECURITY: a proxy that passes X-Forwarded-Host through (Envoy, HAProxy) routes by Host; without this check
    # a visitor of one site could have another site's pages served, and cached, under it.
    if host is not None and host != forwarded:
        routed = _site_of(snapshot, host)
        if routed is not None:
            claimed = snapshot.find(effective.name)
            if claimed is not None and claimed.site.id != routed.site.id:
                raise ConflictingHosts
    return effective


def nearest(header: str, hops: int) -> str:
    """The `hops`-th value from the right of a comma list; of a shorter list the first."""
    values = header.split(",")
    return values[-min(hops, len(values))].strip(" \t")


def resolve(
    snapshot: Snapshot, host: str, fallbacks: Fallbacks, *, session_site: SiteEntry | None = None
) -> Resolution:
    """session → host → environment → setting, as in Mezzanine; a host must be known before any step counts.

    `session_site` is a choice that was already found to be permitted. Raises `UnknownHost`.
    """
    match: Match | None = snapshot.find(host)
    if match is None and host not in fallbacks.listed_hosts:
        raise UnknownHost(host)
    if session_site is not None and (match is None or session_site.id != match.site.id):
        return Resolution(CurrentSite(session_site, "session"))
    if match is not None:
        return Resolution(CurrentSite(match.site, "host"), match.redirects)
    if fallbacks.environment_site_id is not None:
        return Resolution(CurrentSite(_site(snapshot, fallbacks.environment_site_id, host), "environment"))
    return Resolution(CurrentSite(_site(snapshot, fallbacks.setting_site_id, host), "setting"))


def _site(snapshot: Snapshot, site_id: int, host: str) -> SiteEntry:
    entry = snapshot.sites.get(site_id)
    if entry is None:
        raise UnknownHost(host)
    return entry


def _parse(raw: str | None) -> Host:
    if raw is None:
        raise BadHost("no host was sent")
    if not raw.isascii():
        try:  # WSGI hands header bytes over as latin-1
            raw = raw.encode("latin-1").decode("utf-8")
        except UnicodeError:
            raise BadHost("not UTF-8") from None
    try:
        return parse_host(raw)
    except InvalidHost as error:
        raise BadHost(error.reason) from None


def _site_of(snapshot: Snapshot, raw: str) -> Match | None:
    # Between proxies Host may be an internal name that is no valid host; then it names no site.
    try:
        return snapshot.find(_parse(raw).name)
    except BadHost:
        return None
