"""The shipped themes: folders with a `theme.toml` and `templates/`. Each site chooses one at run time."""

from __future__ import annotations

import functools
from pathlib import Path

from app.tenancy.current import current_site_or_none

FOLDER = Path(__file__).parent
DEFAULT = "portico"


@functools.cache
def themes() -> frozenset[str]:
    """The names of the shipped themes."""
    return frozenset(path.parent.name for path in FOLDER.glob("*/theme.toml"))


def current_theme() -> str:
    """The current site's theme; the default theme without a site, or when the site's theme does not exist."""
    site = current_site_or_none()
    return site.theme if site is not None and site.theme in themes() else DEFAULT


def templates_of(theme: str) -> Path:
    return FOLDER / theme / "templates"
