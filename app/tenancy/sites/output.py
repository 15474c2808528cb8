"""Sites as the command line shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.sites.models import Site

from app.tenancy.sites.domains.proof import record_for
from app.tenancy.sites.domains.quarantine import Quarantined
from app.tenancy.sites.models import Alias, PendingHost, SiteProfile
from app.tenancy.sites.theme_options import stored_options

PENDING, QUARANTINED = "pending", "in quarantine"


def pending_by_site() -> dict[int, list[str]]:
    """Site id → its hosts that are not served yet."""
    found: dict[int, list[str]] = defaultdict(list)
    for site_id, host in PendingHost.objects.order_by("host").values_list("site_id", "host"):
        found[site_id].append(host)
    return found


def as_dict(site: Site, pending: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """One site as a JSON object; its names are fixed.

    `options`: what is stored for themes. `apps`: those of the apps per site that it has. `redirects`:
    alias → whether it redirects to the domain. `pending`: host → the TXT record that proves it.
    """
    return {
        "id": site.pk,
        "key": site.profile.key,
        "domain": site.domain,
        "name": site.name,
        "state": site.profile.state,
        "aliases": [alias.host for alias in _aliases(site)],
        "theme": site.profile.theme,
        "options": stored_options(site.profile.settings),
        "apps": site.profile.settings.get("apps", []),
        "redirects": {alias.host: alias.redirect for alias in _aliases(site)},
        "pending": {host: record_for(site.pk, host)._asdict() for host in pending.get(site.pk, ())},
    }


def as_row(site: Site, pending: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """One site for `table`: what each alias does, and whether a file still declares the site."""
    waiting = pending.get(site.pk, ())
    aliases = [f"{alias.host} ({_kind(alias, waiting)})" for alias in _aliases(site)]
    left = site.profile.managed_by == SiteProfile.Manager.UNDECLARED
    state = f"{site.profile.state}, no longer declared" if left else site.profile.state
    domain = f"{site.domain} ({PENDING})" if site.domain in waiting else site.domain
    return {**as_dict(site, pending), "domain": domain, "aliases": aliases, "state": state}


def how_to_prove(site_id: int, host: str) -> str:
    """What to do for a host that is not served yet."""
    record = record_for(site_id, host)
    return f'Set the TXT record {record.name} to "{record.value}", then run: manage.py sites verify {host}'


def domain_rows(sites: Iterable[Site], quarantined: Iterable[Quarantined]) -> list[dict[str, Any]]:
    """Every host of the sites, and what is in quarantine: `host`, `site`, `state`, and `until` for the latter."""
    pending = pending_by_site()
    rows: list[dict[str, Any]] = []
    for site in sites:
        waiting = pending.get(site.pk, ())
        domain = PENDING if site.domain in waiting else "domain"
        rows.append({"host": site.domain, "site": site.domain, "state": domain, "until": ""})
        rows += [
            {"host": alias.host, "site": site.domain, "state": _kind(alias, waiting), "until": ""}
            for alias in _aliases(site)
        ]
    return rows + [
        {"host": entry.host, "site": entry.site, "state": QUARANTINED, "until": str(entry.until.date())}
        for entry in quarantined
    ]


def table(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    """Rows as aligned columns under a heading."""
    lines = [tuple(column.upper() for column in columns)]
    lines += [
        tuple(", ".join(value) if isinstance(value, list) else str(value) for value in (row[c] for c in columns))
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _kind(alias: Alias, pending: Sequence[str]) -> str:
    return PENDING if alias.host in pending else "redirects" if alias.redirect else "serves"


def _aliases(site: Site) -> list[Alias]:
    return sorted(site.aliases.all(), key=lambda alias: alias.host)
