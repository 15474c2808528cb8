"""Mistakes in a theme that a visitor would find. `manage.py check` and `manage.py themes check` find them first."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import checks
from django.template import TemplateSyntaxError, engines
from django.template.utils import get_app_template_dirs

from app.themes.catalogue import themes
from app.themes.definition import DEFAULT, Theme

# What the platform shows to editors; a theme for visitors does not replace it.
RESERVED = ("admin", "account", "mfa", "tenancy")
OPTION = re.compile(r"theme_options\.([a-z][a-z0-9_]*)|var\(--option-([a-z][a-z0-9_-]*)")
MENU = re.compile(r"""{%\s*menu\s+["']([^"']+)""")
STATIC = re.compile(r"""{%\s*(static|theme_static)\s+(["'])([^"'{}]+)\2""")


def register() -> None:
    checks.register(all_themes, checks.Tags.templates)


def all_themes(**_: Any) -> list[checks.CheckMessage]:
    return [message for _, theme in sorted(themes().items()) for message in faults_of(theme)]


def faults_of(theme: Theme) -> list[checks.CheckMessage]:
    """E002 a template that cannot be compiled · E003 a static file that is missing · E004 a static file outside the
    theme's own folder · E005 a template of the admin · W006 a page without the bar of a preview · W007 a template that
    nothing uses · W008 an option that the theme does not have · W009 a file that was not collected since it changed ·
    W010 a menu at a place that the theme does not have."""
    found: list[checks.CheckMessage] = [
        checks.Error(message, obj=theme.name, id=f"themes.{code}")
        for code, message in (*_templates(theme), *_static_files(theme))
    ]
    warnings = (
        ("W007", _unused(theme)),
        ("W008", _unknown_options(theme)),
        ("W009", _not_collected(theme)),
        ("W010", _unknown_places(theme)),
    )
    return [
        *found,
        *_without_bar(theme),
        *(
            checks.Warning(message, hint, obj=theme.name, id=f"themes.{code}")
            for code, messages in warnings
            for message, hint in messages
        ),
    ]


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


def _unused(theme: Theme) -> Iterator[tuple[str, str]]:
    """A template that replaces none of an ancestor or an app, and that no template of the theme names: often a typing
    error in its path. The default theme has what others replace."""
    places = [each.templates for each in theme.ancestors] + [
        Path(place) for place in get_app_template_dirs("templates")
    ]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in _files(theme.templates)}
    for path in texts if theme.name != DEFAULT else ():
        name = path.relative_to(theme.templates).as_posix()
        is_named = any(f'"{name}"' in text or f"'{name}'" in text for text in texts.values())
        if not is_named and not any((place / name).is_file() for place in places):
            message = f"{name} of the theme {theme.name!r} replaces nothing, and no template of the theme names it."
            yield message, "Is its path that of the template that it should replace?"


def _unknown_options(theme: Theme) -> Iterator[tuple[str, str]]:
    known = {option.name for option in theme.options}
    for path in (*_files(theme.templates), *(path for path in _files(theme.static) if path.suffix == ".css")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for first, second in sorted(set(OPTION.findall(text))):
            name = first or second
            if name not in known and name.removesuffix("-ink") not in known:
                message = (
                    f"{path.name} of the theme {theme.name!r} uses the option {name!r}, which the theme does not have."
                )
                yield message, f"Its options: {', '.join(sorted(known)) or 'none'}."


def _unknown_places(theme: Theme) -> Iterator[tuple[str, str]]:
    for path in _files(theme.templates):
        for place in sorted(set(MENU.findall(path.read_text(encoding="utf-8", errors="replace"))) - theme.menus.keys()):
            message = f"{path.name} of the theme {theme.name!r} shows a menu at {place!r}, which is not in its [menus]."
            yield message, f"Its places: {', '.join(theme.menus) or 'none'}. Nobody can choose another one."


def _not_collected(theme: Theme) -> Iterator[tuple[str, str]]:
    """Where files were collected, pages get those: a newer one is not shown, and one that is missing is an error."""
    for path in _files(theme.static) if settings.COLLECTED and settings.STATIC_ROOT else ():
        name = path.relative_to(theme.static).as_posix()
        collected = Path(settings.STATIC_ROOT) / name
        if not collected.is_file() or not filecmp.cmp(path, collected, shallow=False):
            message = f"The file {name} of the theme {theme.name!r} is not the collected one."
            yield message, "Run manage.py collectstatic, and restart the server."


def _static_files(theme: Theme) -> Iterator[tuple[str, str]]:
    for path in _files(theme.static):
        name = path.relative_to(theme.static).as_posix()
        if not name.startswith(f"{theme.name}/"):
            yield "E004", f"static/{name} of the theme {theme.name!r} must be below static/{theme.name}/."


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
