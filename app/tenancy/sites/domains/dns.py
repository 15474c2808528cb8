"""DNS as visitors see it: without the machine's hosts file and search list, and bounded in time.

The servers are those of `DNS_SERVERS`, or the machine's own.
"""

from __future__ import annotations

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
from django.conf import settings

ONE_SERVER_SECONDS, ALL_SERVERS_SECONDS = 1.5, 4.0


class DnsFault(Exception):
    """DNS gave no answer. The message is for an operator."""


class NoSuchRecord(DnsFault):
    """The name does not exist, or has no record of this type."""


def addresses(name: str) -> list[str]:
    """The IPv4 and IPv6 addresses of a name, CNAMEs followed. Raises `NoSuchRecord`, `DnsFault`."""
    found: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            found += [record.to_text() for record in _resolve(name, kind)]
        except NoSuchRecord:
            continue
    if not found:
        raise NoSuchRecord(f"{name} has no address. Add an A, AAAA or CNAME record that leads to this platform.")
    return found


def texts(name: str) -> list[str]:
    """The TXT records of a name; the strings of one record are joined. Raises `NoSuchRecord`, `DnsFault`."""
    return [b"".join(record.strings).decode("utf-8", "replace") for record in _resolve(name, "TXT")]


def _resolve(name: str, kind: str) -> dns.resolver.Answer:
    try:
        return _resolver().resolve(dns.name.from_text(name), dns.rdatatype.from_text(kind))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        raise NoSuchRecord(f"{name} has no {kind} record.") from None
    except dns.exception.Timeout:
        raise DnsFault(f"The name servers of {name} did not respond within {ALL_SERVERS_SECONDS:g} s.") from None
    except dns.resolver.NoNameservers as error:
        raise DnsFault(f"The name servers of {name} report a fault ({_codes(error)}).") from None
    except dns.resolver.NoResolverConfiguration:
        raise DnsFault("This machine has no DNS server. Set DNS_SERVERS.") from None
    except dns.exception.DNSException as error:
        raise DnsFault(f"DNS cannot look {name} up ({type(error).__name__}).") from None


def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in settings.DNS_SERVERS]
    resolver.timeout, resolver.lifetime = ONE_SERVER_SECONDS, ALL_SERVERS_SECONDS
    return resolver


def _codes(error: dns.resolver.NoNameservers) -> str:
    """What the servers said, such as SERVFAIL."""
    said = {str(entry[3]) for entry in error.kwargs.get("errors", []) if entry[3]}
    return ", ".join(sorted(said)) or "no usable answer"
