"""Sites as the command line shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.sites.models import Site

from app.tenancy.sites.models import Alias, SiteProfile


def as_dict(site: Site) -> dict[str, Any]:
    """One site as a JSON object; its names are fixed. `redirects`: alias → whether it redirects to the domain."""
    return {
        "id": site.pk,
        "key": site.profile.key,
        "domain": site.domain,
        "name": site.name,
        "state": site.profile.state,
        "aliases": [alias.host for alias in _aliases(site)],
        "theme": site.profile.theme,
        "redirects": {alias.host: alias.redirect for alias in _aliases(site)},
    }


def as_row(site: Site) -> dict[str, Any]:
    """One site for `table`: whether each alias redirects or serves the site, and whether a file still declares it."""
    aliases = [f"{alias.host} ({'redirects' if alias.redirect else 'serves'})" for alias in _aliases(site)]
    left = site.profile.managed_by == SiteProfile.Manager.UNDECLARED
    state = f"{site.profile.state}, no longer declared" if left else site.profile.state
    return {**as_dict(site), "aliases": aliases, "state": state}


def table(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    """Rows as aligned columns under a heading."""
    lines = [tuple(column.upper() for column in columns)]
    lines += [
        tuple(", ".join(value) if isinstance(value, list) else str(value) for value in (row[c] for c in columns))
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _aliases(site: Site) -> list[Alias]:
    return sorted(site.aliases.all(), key=lambda alias: alias.host)
