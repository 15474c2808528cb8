"""Mistakes in a theme that a visitor would find. `manage.py check` and `manage.py themes check` find them first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core import checks
from django.template import TemplateSyntaxError, engines

from app.themes.catalogue import themes
from app.themes.definition import Theme

# What the platform shows to editors; a theme for visitors does not replace it.
RESERVED = ("admin", "account", "mfa", "tenancy")
STATIC = re.compile(r"""{%\s*(static|theme_static)\s+(["'])([^"'{}]+)\2""")


def register() -> None:
    checks.register(all_themes, checks.Tags.templates)


def all_themes(**_: Any) -> list[checks.CheckMessage]:
    return [message for _, theme in sorted(themes().items()) for message in faults_of(theme)]


def faults_of(theme: Theme) -> list[checks.CheckMessage]:
    """E002 a template that cannot be compiled · E003 a static file that is missing · E004 a static file outside the
    theme's own folder · E005 a template of the admin · W006 a page without the bar of a preview."""
    found: list[checks.CheckMessage] = [
        checks.Error(message, obj=theme.name, id=f"themes.{code}")
        for code, message in (*_templates(theme), *_static_files(theme))
    ]
    return [*found, *_without_bar(theme)]


def _templates(theme: Theme) -> Iterator[tuple[str, str]]:
    for path in _files(theme.templates):
        name = path.relative_to(theme.templates).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            engines["django"].from_string(text)
        except (TemplateSyntaxError, UnicodeDecodeError) as error:
            yield "E002", f"{name} of the theme {theme.name!r} is not a template: {error}."
            continue
        if name.split("/")[0] in RESERVED:
            yield "E005", f"{name} of the theme {theme.name!r} would replace a page of the admin. Remove it."
        for tag, _, file in STATIC.findall(text):
            missing = theme.static_name(file) is None if tag == "theme_static" else finders.find(file) is None
            if missing:
                yield (
                    "E003",
                    f"{name} of the theme {theme.name!r} names the static file {file!r}, which does not exist.",
                )


def _without_bar(theme: Theme) -> Iterator[checks.CheckMessage]:
    base = theme.templates / "base.html"
    text = base.read_text(encoding="utf-8", errors="replace") if base.is_file() else ""
    if "<body" in text and "preview_bar" not in text:
        message = f"base.html of the theme {theme.name!r} has no {{% preview_bar %}}: its previews look like the site."
        yield checks.Warning(message, "Load tenancy, and add the tag below <body>.", obj=theme.name, id="themes.W006")


def _static_files(theme: Theme) -> Iterator[tuple[str, str]]:
    for path in _files(theme.static):
        name = path.relative_to(theme.static).as_posix()
        if not name.startswith(f"{theme.name}/"):
            yield "E004", f"static/{name} of the theme {theme.name!r} must be below static/{theme.name}/."


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
