"""Does a domain lead to its site here? Checked over HTTP, as a visitor's browser would ask."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from django.contrib.sites.models import Site
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError


@dataclass(frozen=True, slots=True)
class Reachability:
    """The result for one host: `fault` is empty when the host leads to its site."""

    host: str
    fault: str = ""


def check_hosts(
    site: Site, *, scheme: str, port: int | None, via: str | None, timeout: float
) -> Iterator[Reachability]:
    """Requests a site's domain and its aliases (except wildcards). `via` replaces the look-up in DNS."""
    hosts = [site.domain, *sorted(alias.host for alias in site.aliases.all() if not alias.host.startswith("*."))]
    for host in hosts:
        suffix = f":{port}" if port else ""
        try:
            response = _session(host).head(
                f"{scheme}://{via or host}{suffix}/",
                headers={"Host": f"{host}{suffix}"},
                allow_redirects=False,
                timeout=timeout,
            )
        except requests.RequestException as error:
            yield Reachability(host, _failure(error, timeout))
            continue
        yield Reachability(host, _fault(site, response))


def _session(host: str) -> requests.Session:
    """Requests the certificate of `host` and checks it, whatever the address of the connection is."""
    adapter = HTTPAdapter()
    adapter.poolmanager.connection_pool_kw["server_hostname"] = host
    session = requests.Session()
    session.mount("https://", adapter)
    return session


def _failure(error: requests.RequestException, timeout: float) -> str:
    """Which step failed: the name, the certificate, or the connection."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NameResolutionError):
        return "DNS: the name has no address"
    if isinstance(error, requests.exceptions.SSLError):
        cause = reason.args[0] if reason is not None and reason.args else reason
        detail = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or type(cause).__name__
        return f"{'certificate' if isinstance(cause, ssl.SSLCertVerificationError) else 'TLS'}: {detail}"
    if isinstance(error, requests.Timeout):
        return f"connection: no response within {timeout:g} s"
    cause = getattr(reason, "__cause__", None) or getattr(reason, "__context__", None)
    return f"connection: {getattr(cause, 'strerror', None) or type(reason or error).__name__}"


def _fault(site: Site, response: requests.Response) -> str:
    site_id = response.headers.get("X-Site-Id")
    if site_id == str(site.pk):
        return ""
    if site_id is not None:
        return f"leads to site {site_id}"
    if response.is_redirect:
        return f"redirects elsewhere (status {response.status_code}); try --scheme=https"
    return f"another server responds, or the host is lost on the way (status {response.status_code}, no X-Site-Id)"
