"""The themes that are there: folders with a `theme.toml` and `templates/`, chosen per site at run time."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from app.tenancy.current import current_site_or_none

FOLDER = Path(__file__).parent
DEFAULT = "portico"


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    title: str
    description: str


@functools.cache
def themes() -> dict[str, Theme]:
    """The shipped themes by name."""
    found = {}
    for path in sorted(FOLDER.glob("*/theme.toml")):
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.parent.name] = Theme(path.parent.name, facts["title"], facts["description"])
    return found


def current_theme() -> str:
    """The current site's theme; the default without a site, or when its theme is not there any more."""
    site = current_site_or_none()
    return site.theme if site is not None and site.theme in themes() else DEFAULT


def templates_of(theme: str) -> Path:
    return FOLDER / theme / "templates"
