"""Does a domain lead to its site here? Checked over HTTP, as a visitor's browser would ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import requests
from django.contrib.sites.models import Site


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
            response = requests.head(
                f"{scheme}://{via or host}{suffix}/",
                headers={"Host": f"{host}{suffix}"},
                allow_redirects=False,
                timeout=timeout,
            )
        except requests.RequestException as error:
            yield Reachability(host, f"no response ({type(error).__name__})")
            continue
        yield Reachability(host, _fault(site, response))


def _fault(site: Site, response: requests.Response) -> str:
    site_id = response.headers.get("X-Site-Id")
    if site_id == str(site.pk):
        return ""
    if site_id is not None:
        return f"leads to site {site_id}"
    if response.is_redirect:
        return f"redirects elsewhere (status {response.status_code}); try --scheme=https"
    return f"another server responds, or the host is lost on the way (status {response.status_code}, no X-Site-Id)"
