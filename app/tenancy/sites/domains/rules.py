"""Names that no site can have, and names that only an operator may give to one."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator

from django.conf import settings
from publicsuffixlist import PublicSuffixList

# As browsers read it: a name whose last label is a number, in any notation, is an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
CLUSTER = ("svc", "cluster.local")


def impossible(host: str) -> str:
    """Why no site can have this normalised host or wildcard; empty if one can.

    `localhost` and the host of `SITE_DOMAIN` are always possible.
    """
    if host in {"localhost", settings.SITE_DOMAIN}:
        return ""
    name = host.removeprefix("*.")
    if name.startswith("[") or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return f"{host} is an IP address. A site needs a domain; to serve an address, list it in ALLOWED_HOSTS."
    if any(_is_at_or_below(name, suffix) for suffix in _cluster_suffixes()):
        return f"{host} is a name inside a cluster. A site needs a domain that visitors can reach."
    if "." not in name:
        return f"{host} is a single label. Use a whole domain such as {host}.example.org, or set SITE_DOMAIN to it."
    if _public_suffixes().is_public(name):
        return f"{name} is a public suffix: anyone can register domains below it. Use one of those."
    return ""


def reserved(host: str, own: Collection[str]) -> str:
    """Why only an operator may give this host or wildcard to a site; empty if anyone may.

    `own` are the hosts that the site has already: names below them are its own matter.
    """
    if host in {"localhost", settings.SITE_DOMAIN}:
        return ""
    name = host.removeprefix("*.")
    for listed in settings.LISTED_HOSTS:
        if listed == host or (host != name and listed.endswith(f".{name}")):
            variable = "ADMIN_HOSTS" if listed in settings.ADMIN_HOSTS else "ALLOWED_HOSTS"
            covers = "is" if listed == host else f"covers {listed}, which is"
            return f"{host} {covers} a host of the platform ({variable})."
    for admin_host in settings.ADMIN_HOSTS:
        if "." in admin_host and admin_host not in own and _is_at_or_below(name, admin_host):
            return f"{host} is below {admin_host}, a host of the platform (ADMIN_HOSTS)."
    if _shared_suffixes().is_public(name):
        return f"{name} is a suffix below which anybody can get a name."
    return ""


def twin(host: str) -> str:
    """`www.` and the name without it belong together; empty for a wildcard, which has no twin."""
    if host.startswith("*."):
        return ""
    return host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"


def is_covered(host: str, by: str) -> bool:
    """Whether `host`, a name or a wildcard, is `by` or lies below it. The owner of a zone decides about both."""
    return _is_at_or_below(host.removeprefix("*."), by.removeprefix("*."))


def _is_at_or_below(name: str, parent: str) -> bool:
    return name == parent or name.endswith(f".{parent}")


def _cluster_suffixes() -> Iterator[str]:
    yield from CLUSTER
    for listed in settings.LISTED_HOSTS:  # the chart lists web.namespace.svc.DOMAIN-OF-THE-CLUSTER
        _, dot, domain = listed.partition(".svc.")
        if dot:
            yield domain


# Parsed when a site is written for the first time: a server that only serves never needs them.
@functools.cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)


@functools.cache
def _shared_suffixes() -> PublicSuffixList:
    """With the list's private part: suffixes of companies that give names below them to their customers."""
    return PublicSuffixList(accept_unknown=False)
