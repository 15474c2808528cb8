"""Host names: one normaliser for whatever is read from a request or stored in the database.

Example.COM.:8000   →  example.com, port 8000
bücher.example      →  xn--bcher-kva.example       (IDNA, UTS-46, non-transitional)
[0:0::1]:8000       →  [::1], port 8000
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

import idna

LONGEST_INPUT = 255
_PORT = re.compile(r"[0-9]{1,5}")
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")


class InvalidHost(ValueError):
    """The text is not a host name. `reason` says why and never repeats the text, which a client wrote."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Host:
    """A normalised host name or bracketed IPv6 address, with the port if one was given."""

    name: str
    port: int | None = None

    def without_default_port(self, *, secure: bool) -> Host:
        """The host as a browser writes it: without the port that https (`secure`) or http has anyway."""
        return Host(self.name) if self.port == (443 if secure else 80) else self

    def __str__(self) -> str:
        return self.name if self.port is None else f"{self.name}:{self.port}"


def parse_host(raw: str) -> Host:
    """The host of a `Host` or `X-Forwarded-Host` value. Raises `InvalidHost`."""
    if len(raw) > LONGEST_INPUT:
        raise InvalidHost("longer than 255 characters")
    name, port = _split_port(raw)
    return Host(_address(name) if name.startswith("[") else _name(name), port)


def normalise_domain(raw: str) -> str:
    """The spelling in which a domain is stored: as `parse_host`, but without a port. Raises `InvalidHost`."""
    host = parse_host(raw.strip())
    if host.port is not None:
        raise InvalidHost("has a port; a site is served on every port")
    return host.name


def normalise_alias(raw: str) -> str:
    """As `normalise_domain`; `*.example.org` matches one or more labels before `example.org`. Raises `InvalidHost`."""
    stripped = raw.strip()
    if not stripped.startswith("*."):
        return normalise_domain(stripped)
    parent = normalise_domain(stripped[2:])
    if "." not in parent or parent.startswith("["):
        raise InvalidHost("a wildcard needs at least two labels after the star, as in *.example.org")
    return f"*.{parent}"


def _split_port(raw: str) -> tuple[str, int | None]:
    bracket = raw.rfind("]")
    name, colon, port = raw[bracket + 1 :].rpartition(":")
    if not colon:
        return raw, None
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise InvalidHost("the port is not a number from 1 to 65535")
    return raw[: bracket + 1] + name, int(port)


def _address(bracketed: str) -> str:
    if not bracketed.endswith("]") or "%" in bracketed:  # a zone is local to one machine
        raise InvalidHost("not an IPv6 address")
    try:
        return f"[{ipaddress.IPv6Address(bracketed[1:-1]).compressed}]"
    except ValueError:
        raise InvalidHost("not an IPv6 address") from None


def _name(raw: str) -> str:
    # UTS-46 maps capital letters itself. Python's lower() makes another letter of a sigma at the end of a word than a
    # browser does, and so another domain.
    name = raw.lower() if raw.isascii() else raw
    if not name.isascii() or "xn--" in name:
        name = _to_a_labels(name)
    name = name.removesuffix(".")
    if not _NAME.fullmatch(name):
        raise InvalidHost("not a host name (letters, digits and inner hyphens, labels of 1 to 63)")
    return name


def _to_a_labels(name: str) -> str:
    try:
        return idna.encode(name, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidHost("not an international domain name") from None
