"""Links in mails: on the stored domain of the site (or its admin host), valid once, for one day, on this site only.

A key contains no secret and is stored nowhere. It is signed with the state of its object (an account, an
invitation), so every change of that state ends it.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from allauth.core import context
from django.conf import settings
from django.core import signing
from django.urls import reverse

from app.tenancy.current import current_site
from app.tenancy.directory import directory
from app.tenancy.hosts.names import parse_host
from app.tenancy.requests.admin_hosts import offers_admin
from app.tenancy.requests.https import requires_https

LIFETIME = timedelta(days=1)


def make_key(kind: str, pk: int, state: str) -> str:
    return _signer(kind, state).sign(str(pk))


def pk_in(key: str) -> int | None:
    """The primary key that a key names; nothing is verified yet."""
    digits = key.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def is_valid(kind: str, key: str, state: str) -> bool:
    """Whether the key was made on this site, less than a day ago, for an object that is still in this state."""
    try:
        _signer(kind, state).unsign(key, max_age=LIFETIME)
    except signing.BadSignature:
        return False
    return True


def address(name: str, key: str = "") -> str:
    """The address of a URL name on the current site."""
    domain = _admin_host()
    request = context.request  # None in a command
    # A scheme of the request counts only if it is https: HostMiddleware takes it from trusted proxies only.
    is_secure = requires_https(domain) or (request is not None and request.is_secure())
    # In the query, which no log line and no report has; the page moves it into the session.
    query = f"?{urlencode({'key': key})}" if key else ""
    return f"{'https' if is_secure else 'http'}://{domain}{_port_on(domain)}{reverse(name)}{query}"


def lead_to_the_operator() -> bool:
    """Whether links of the current site lead to a host that the operator named: one of `ADMIN_HOSTS`, or the domain of
    the default site (`SITE_ID`). Other domains may be a customer's, who can direct them to a server of her own and so
    read the keys of links that are opened there.
    """
    # Not MEZZANINE_SITE_ID: `--site` of a command sets that to any site.
    return current_site().id == settings.DEFAULT_SITE_ID or _admin_host() in settings.ADMIN_HOSTS


def _admin_host() -> str:
    """The canonical domain; if the admin is not served there, the first of `ADMIN_HOSTS` that serves this site."""
    # SECURITY: stored or set by the operator, never the host of the request.
    site = current_site()
    if offers_admin(site.domain):
        return site.domain
    for host in settings.ADMIN_HOSTS:
        match = directory.snapshot().find(host)
        if (match.site.id if match else settings.MEZZANINE_SITE_ID or settings.DEFAULT_SITE_ID) == site.id:
            return str(host)
    return site.domain


def _port_on(domain: str) -> str:
    """The request's port on the person's own machine, where a server has no usual one; otherwise none."""
    # SECURITY: elsewhere a port in a forged Host would lead to another server of the domain.
    if context.request is None or domain.rpartition(".")[2] != "localhost":
        return ""
    port = parse_host(context.request.get_host()).port
    return f":{port}" if port else ""


def _signer(kind: str, state: str) -> signing.TimestampSigner:
    # SECURITY: the site is part of the signature, so a key is worth nothing on another one.
    return signing.TimestampSigner(sep=".", salt=f"app.sign_in:{kind}:{current_site().id}:{state}")
