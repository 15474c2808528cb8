"""System checks of what sites have: `check --database default` runs them, and `migrate`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.apps import apps as installed
from django.core import checks
from django.db import connections

from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.themes import themes

#: A message names no more sites than this.
NAMED = 5


def register() -> None:
    checks.register(apps_and_themes_of_sites, checks.Tags.database)


def apps_and_themes_of_sites(databases: Sequence[str] | None, **_: Any) -> list[checks.CheckMessage]:
    """W003: a site has an app or a theme that is not here, so its addresses are gone or it looks different."""
    if SiteProfile.objects.db not in (databases or ()) or not _is_migrated():
        return []
    missing: dict[str, list[str]] = defaultdict(list)
    for domain, theme, settings in SiteProfile.objects.order_by("site__domain").values_list(
        "site__domain", "theme", "settings"
    ):
        apps = settings.get("apps", ()) if isinstance(settings, dict) else ()
        for label in apps if isinstance(apps, list) else ():
            if label not in installed.app_configs:
                missing[f"the app {label!r}, which is not installed"].append(domain)
        if theme and theme not in themes():
            missing[f"the theme {theme!r}, which does not exist"].append(domain)
    hint = "Is a name missing in EXTRA_APPS, or a folder in THEMES_DIRS?"
    return [checks.Warning(_message(what, sites), hint=hint, id="tenancy.W003") for what, sites in missing.items()]


def _message(what: str, sites: Sequence[str]) -> str:
    more = f" and {len(sites) - NAMED} more" if len(sites) > NAMED else ""
    have = "1 site has" if len(sites) == 1 else f"{len(sites)} sites have"
    return f"{have} {what}: {', '.join(sites[:NAMED])}{more}."


def _is_migrated() -> bool:
    """Whether there are sites yet: `migrate` checks before it makes the first table."""
    connection = connections[SiteProfile.objects.db]
    return SiteProfile._meta.db_table in connection.introspection.table_names()
