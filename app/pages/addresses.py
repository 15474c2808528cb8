"""The addresses of apps, which come before pages."""

from __future__ import annotations

from app.extension import site_apps
from app.tenancy.site_apps import is_on


def app_at(path: str) -> str:
    """The title of the app of the current site that has this path; empty if none has it."""
    return next(
        (
            str(config.verbose_name)
            for config in site_apps()
            if config.url_prefix and path.startswith(f"/{config.url_prefix}") and is_on(config.label)
        ),
        "",
    )
