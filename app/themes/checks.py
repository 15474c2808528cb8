"""A theme that would answer 500 on every page is refused by `manage.py check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core import checks
from django.template import TemplateSyntaxError, engines

from app.themes.catalogue import DEFAULT, templates_of, themes


def register() -> None:
    checks.register(themes_are_complete, checks.Tags.templates)


def themes_are_complete(**_: Any) -> list[checks.CheckMessage]:
    """E001 a theme without a template that the default theme has · E002 a template that cannot be compiled."""
    required = _templates(DEFAULT)
    found: list[checks.CheckMessage] = []
    for theme in sorted(themes()):
        own = _templates(theme)
        missing = sorted(required.keys() - own.keys())
        if missing:
            message = f"The theme {theme!r} has no {', '.join(missing)}."
            hint = f"Add the missing templates to {templates_of(theme)}."
            found.append(checks.Error(message, hint=hint, obj=theme, id="themes.E001"))
        for name, path in sorted(own.items()):
            try:
                engines["django"].from_string(path.read_text(encoding="utf-8"))
            except TemplateSyntaxError as error:
                found.append(checks.Error(f"{name} of the theme {theme!r}: {error}", obj=theme, id="themes.E002"))
    return found


def _templates(theme: str) -> dict[str, Path]:
    folder = templates_of(theme)
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
