"""Themes as folders describe them: `theme.toml`, `templates/` and `static/<name>/`. No Django: the settings read them.

A theme may have a parent. What it lacks comes from the parent, from the parent's parent, and last from the default
theme: template by template, static file by static file. Options come from the theme and the parents that it names,
places for menus from these and from the theme that its base.html comes from.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from app.tenancy.sites.theme_options import ThemeOption
from app.themes.options import read_options

SHIPPED = Path(__file__).parent
DEFAULT = "portico"
NAME = re.compile(r"[a-z][a-z0-9-]{0,49}")
#: A place for a menu.
PLACE = re.compile(r"[a-z][a-z0-9_-]{0,49}")
LONGEST_TITLE = 100
TEXTS = {"title", "description", "parent"}
TABLES = {"options", "menus"}
KEYS = {*TEXTS, *TABLES}


class InvalidThemes(ValueError):
    """Themes that no process can start with. `problems` has one sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(problems))


@dataclass(frozen=True)
class Theme:
    name: str
    folder: Path
    title: str
    description: str
    parent: str
    ancestors: tuple[Theme, ...] = ()
    """The nearest first; the default theme is the last one."""
    options: tuple[ThemeOption, ...] = field(default=(), compare=False)
    """What a site may choose: the theme's own options, and those of the parents that it names."""
    tables: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """`options` of its theme.toml."""
    own_menus: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """`menus` of its theme.toml: name of a place → title."""

    @property
    def chain(self) -> tuple[Theme, ...]:
        """Where a template or a file is searched, in this order."""
        return (self, *self.ancestors)

    @cached_property
    def menus(self) -> Mapping[str, str]:
        """The places for menus, by name: its own, and those of the templates that it inherits."""
        found: dict[str, str] = {}
        for theme in self.chain:
            # The default theme is the last one: its places are there only with its base.html.
            if theme.name != DEFAULT or theme is self or not _has_own_base(self.chain):
                found = {**theme.own_menus, **found}
        return found

    @property
    def templates(self) -> Path:
        return self.folder / "templates"

    @property
    def static(self) -> Path:
        """Collected as it is; so its files are below a folder of the theme's name."""
        return self.folder / "static"

    @property
    def locale(self) -> Path:
        """Translations of the texts in its templates, as Django keeps them: `de/LC_MESSAGES/django.mo`."""
        return self.folder / "locale"

    @cached_property
    def static_files(self) -> frozenset[str]:
        """Paths below `static/<name>/`."""
        root = self.static / self.name
        return frozenset(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def static_name(self, path: str) -> str | None:
        """The name for `{% static %}` of the nearest theme that has the file; None if none has."""
        return next((f"{theme.name}/{path}" for theme in self.chain if path in theme.static_files), None)


def read_themes(folders: Iterable[Path]) -> dict[str, Theme]:
    """The shipped themes and those in the folders, by name. Raises `InvalidThemes` with all faults."""
    found: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in (SHIPPED, *folders):
        if not folder.is_dir():
            problems.append(f"{folder} is not a folder.")
            continue
        definitions = sorted(folder.glob("*/theme.toml"))
        if not definitions:
            problems.append(f"{folder} has no theme: each is a folder in it, with a theme.toml.")
        for path in definitions:
            try:
                theme = _read(path)
                if theme.name in found:
                    raise InvalidThemes(
                        [f"Two themes are named {theme.name!r}: {found[theme.name].folder} and {path.parent}."]
                    )
                found[theme.name] = theme
            except InvalidThemes as fault:
                problems += fault.problems
    complete = {name: _with_ancestors(theme, found, problems) for name, theme in found.items()}
    if problems:
        raise InvalidThemes(problems)
    return complete


def _read(path: Path) -> Theme:
    name, where = path.parent.name, f"{path.parent.name}/theme.toml"
    if not NAME.fullmatch(name):
        raise InvalidThemes([f"{name!r} is not the name of a theme: 1 to 50 lower-case letters, digits and hyphens."])
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidThemes([f"{where} cannot be read: {error}."]) from None
    _check(values, where)
    texts = {key: values.get(key, "") for key in TEXTS}
    return Theme(name, path.parent, **texts, tables=values.get("options", {}), own_menus=values.get("menus", {}))


def _check(values: Mapping[str, Any], where: str) -> None:
    problems = [f"{where}: {key!r} is not a key of a theme." for key in sorted(values.keys() - KEYS)]
    not_texts = [key for key in sorted(TEXTS & values.keys()) if not isinstance(values[key], str)]
    problems += [f"{where}: {key!r} is not a text." for key in not_texts]
    problems += [
        f"{where}: {key!r} is not a table." for key in sorted(TABLES) if not isinstance(values.get(key, {}), dict)
    ]
    if isinstance(values.get("menus"), dict):
        problems += [f"{where}: {fault}" for fault in _faults_of_menus(values["menus"])]
    if not values.get("title"):
        problems.append(f"{where}: it needs a title.")
    if problems:
        raise InvalidThemes(problems)


def _faults_of_menus(menus: Mapping[str, Any]) -> Iterator[str]:
    for name, title in menus.items():
        if not PLACE.fullmatch(name):
            yield f"{name!r} is not the name of a place: 1 to 50 lower-case letters, digits, hyphens and underscores."
        elif not isinstance(title, str) or not title.strip() or len(title) > LONGEST_TITLE:
            yield f"the title of the place {name!r} is not a text of 1 to {LONGEST_TITLE} characters."


def _has_own_base(chain: Sequence[Theme]) -> bool:
    """Whether `base.html` comes from another theme than the default one."""
    return any((theme.templates / "base.html").is_file() for theme in chain if theme.name != DEFAULT)


def _with_ancestors(theme: Theme, found: Mapping[str, Theme], problems: list[str]) -> Theme:
    ancestors: list[Theme] = []
    last = theme
    while last.parent:
        if last.parent not in found:
            problems.append(f"The parent of the theme {last.name!r} is {last.parent!r}, which does not exist.")
            break
        last = found[last.parent]
        if last in (theme, *ancestors):
            names = " → ".join(each.name for each in (theme, *ancestors, last))
            problems.append(f"The theme {theme.name!r} is among its own ancestors: {names}.")
            break
        ancestors.append(last)
    options, faults = read_options(theme.tables, [each.tables for each in ancestors])
    problems += [f"{theme.name}/theme.toml: {fault}" for fault in faults]
    default = found.get(DEFAULT)
    if default is not None and default not in (theme, *ancestors):
        ancestors.append(default)
    return replace(theme, ancestors=tuple(ancestors), options=options)
