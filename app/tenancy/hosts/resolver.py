"""Which site is a request for? Pure functions over a snapshot; no request, no database, no clock.

HostRefused
├── BadHost            400  not a host name
├── ConflictingHosts   400  Host belongs to a site, X-Forwarded-Host to another one or to none; or the request line does
└── UnknownHost        404  no site has this host, and it is not in ALLOWED_HOSTS
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import ClassVar

from app.tenancy.hosts.names import Host, InvalidHost, parse_host
from app.tenancy.hosts.snapshot import CurrentSite, Match, SiteEntry, Snapshot


class HostRefused(Exception):
    """A request that is refused for its host.

    `status` is the one of the response; `reason` is a word for logs, metrics, and the page that says it.
    """

    status: ClassVar[int] = 400
    reason: ClassVar[str]


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
    """What an operator configured for hosts that no site has; and `admin_hosts`, which are never redirected."""

    listed_hosts: Container[str]
    environment_site_id: int | None
    setting_site_id: int
    admin_hosts: Container[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resolution:
    """The result: the site with the step that chose it, and whether the host is an alias that redirects."""

    site: CurrentSite
    redirects: bool = False


def effective_host(
    snapshot: Snapshot, *, host: str | None, forwarded: str | None, trusted: bool, hops: int, target: str | None = None
) -> Host:
    """The host that a request is for: `X-Forwarded-Host` from a trusted peer, otherwise `Host`.

    Of a list, the value that the nearest trusted proxy added counts: the `hops`-th from the right. `target` is the host
    in a request line such as `GET http://north.test/ HTTP/1.1`; it must be the one of `Host`.
    Raises `BadHost`, `ConflictingHosts`.
    """
    # SECURITY: RFC 9112 has a proxy or a cache in front go by the request line, whatever `Host` is. A page of the site
    # of `Host` could be stored for the other one.
    if target is not None and _parse(target).name != _parse(host).name:
        raise ConflictingHosts
    if not trusted or forwarded is None:
        return _parse(host)
    # A proxy that copies Host (Caddy) forwards no list, whatever a client wrote into it.
    effective = _parse(host if forwarded == host else nearest(forwarded, hops))
    # SECURITY: a proxy that passes X-Forwarded-Host through (Envoy, HAProxy) routes, and may cache, by Host. So where
    # Host belongs to a site, no other site may be served under it, nor a listed host, which shows the fallback site.
    routed = _match(snapshot, host) if host is not None and host != forwarded else None
    if routed is not None:
        claimed = snapshot.find(effective.name)
        if claimed is None or claimed.site.id != routed.site.id:
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

    `session_site` is a choice that was already checked. Raises `UnknownHost`.
    """
    match = snapshot.find(host)
    if match is None and host not in fallbacks.listed_hosts:
        raise UnknownHost(host)
    if session_site is not None and (match is None or session_site.id != match.site.id):
        return Resolution(session_site.chosen_by("session"))
    if match is not None:
        return Resolution(match.site.chosen_by("host"), match.redirects and host not in fallbacks.admin_hosts)
    if fallbacks.environment_site_id is not None:
        return Resolution(_fallback(snapshot, fallbacks.environment_site_id, host).chosen_by("environment"))
    return Resolution(_fallback(snapshot, fallbacks.setting_site_id, host).chosen_by("setting"))


def _fallback(snapshot: Snapshot, site_id: int, host: str) -> SiteEntry:
    entry = snapshot.sites.get(site_id)
    if entry is None:
        raise UnknownHost(host)
    return entry


def _parse(raw: str | None) -> Host:
    if raw is None:
        raise BadHost("no host was sent")
    if not raw.isascii():
        try:  # WSGI decodes header bytes as latin-1
            raw = raw.encode("latin-1").decode("utf-8")
        except UnicodeError:
            raise BadHost("not UTF-8") from None
    try:
        return parse_host(raw)
    except InvalidHost as error:
        raise BadHost(error.reason) from None


def _match(snapshot: Snapshot, raw: str) -> Match | None:
    # Between proxies Host may be an internal name that is not a valid host; then it names no site.
    try:
        return snapshot.find(_parse(raw).name)
    except BadHost:
        return None
