"""Does a domain really arrive here? Asked over HTTP, as a visitor would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import requests
from django.contrib.sites.models import Site


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one question: `fault` is empty when the host led to its site."""

    host: str
    fault: str = ""


def ask(site: Site, *, scheme: str, port: int | None, via: str | None, timeout: float) -> Iterator[Arrival]:
    """Asks a site's domain and its aliases (wildcards cannot be asked). `via` replaces the look-up in DNS."""
    hosts = [
        site.domain,
        *sorted(alias.host for alias in site.aliases.all() if not alias.host.startswith("*.")),
    ]
    for host in hosts:
        suffix = f":{port}" if port else ""
        try:
            answer = requests.head(
                f"{scheme}://{via or host}{suffix}/",
                headers={"Host": f"{host}{suffix}"},
                allow_redirects=False,
                timeout=timeout,
            )
        except requests.RequestException as error:
            yield Arrival(host, f"no answer ({type(error).__name__})")
            continue
        yield Arrival(host, _fault(site, answer))


def _fault(site: Site, answer: requests.Response) -> str:
    seen = answer.headers.get("X-Site-Id")
    if seen == str(site.pk):
        return ""
    if seen is not None:
        return f"arrives at site {seen}"
    if answer.is_redirect:
        return f"is redirected elsewhere ({answer.status_code}); ask with --scheme=https?"
    return f"answered by something else, or the host is lost on the way (status {answer.status_code}, no X-Site-Id)"
