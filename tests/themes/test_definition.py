"""A theme that cannot be used is named before a process starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.themes.definition import DEFAULT, InvalidThemes, read_themes
from tests.support.commands import manage


def make(folder: Path, name: str, definition: str = 'title = "T"') -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "theme.toml").write_text(definition)


def test_every_theme_ends_with_the_default_one(tmp_path: Path) -> None:
    make(tmp_path, "child", 'title = "Child"\nparent = "elder"')
    make(tmp_path, "elder")
    found = read_themes([tmp_path])
    assert [theme.name for theme in found["child"].chain] == ["child", "elder", DEFAULT]
    assert [theme.name for theme in found[DEFAULT].chain] == [DEFAULT]


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("title = ", "night/theme.toml cannot be read: Invalid value (at end of document)."),
        ("", "night/theme.toml: it needs a title."),
        ('title = "N"\ncolour = "red"', "night/theme.toml: 'colour' is not a key of a theme."),
        ("title = 5", "night/theme.toml: 'title' is not a text."),
        ("title = 'N'\nmenus = 5", "night/theme.toml: 'menus' is not a table."),
        (
            "title = 'N'\n[menus]\nTop = 'T'",
            "night/theme.toml: 'Top' is not the name of a place: 1 to 50 lower-case letters, digits, hyphens and "
            "underscores.",
        ),
        (
            "title = 'N'\n[menus]\ntop = ''",
            "night/theme.toml: the title of the place 'top' is not a text of 1 to 100 characters.",
        ),
        ('title = "N"\nparent = "gone"', "The parent of the theme 'night' is 'gone', which does not exist."),
        ('title = "N"\nparent = "night"', "The theme 'night' is among its own ancestors: night → night."),
    ],
)
def test_a_fault_is_named(tmp_path: Path, definition: str, problem: str) -> None:
    make(tmp_path, "night", definition)
    with pytest.raises(InvalidThemes) as fault:
        read_themes([tmp_path])
    assert fault.value.problems == [problem]


def test_a_theme_has_the_places_of_its_parents_and_those_of_the_default_one_with_its_base(tmp_path: Path) -> None:
    make(tmp_path, "elder", 'title = "E"\n[menus]\nsidebar = "Side"\nfooter = "Bottom"')
    make(tmp_path, "child", 'title = "C"\nparent = "elder"\n[menus]\nsidebar = "Left"\nlast = "Last"')
    make(tmp_path, "own", 'title = "O"')
    (tmp_path / "own" / "templates").mkdir()
    (tmp_path / "own" / "templates" / "base.html").write_text("")
    found = read_themes([tmp_path])
    assert found["child"].menus == {"header": "Header", "footer": "Bottom", "sidebar": "Left", "last": "Last"}
    assert found["own"].menus == {}
    assert list(found[DEFAULT].menus) == ["header", "footer"]


def test_a_circle_of_parents_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a", 'title = "A"\nparent = "b"')
    make(tmp_path, "b", 'title = "B"\nparent = "a"')
    with pytest.raises(InvalidThemes, match="'a' is among its own ancestors: a → b → a"):
        read_themes([tmp_path])


def test_two_themes_of_one_name_are_named(tmp_path: Path) -> None:
    make(tmp_path / "one", "night")
    make(tmp_path / "two", "night")
    make(tmp_path / "two", DEFAULT)
    with pytest.raises(InvalidThemes) as fault:
        read_themes([tmp_path / "one", tmp_path / "two"])
    assert [problem.split(":")[0] for problem in fault.value.problems] == [
        "Two themes are named 'night'",
        f"Two themes are named {DEFAULT!r}",
    ]


@pytest.mark.process
def test_no_process_starts_with_it(tmp_path: Path) -> None:
    make(tmp_path / "themes", "Night")
    (tmp_path / "empty").mkdir()
    done = manage("check", THEMES_DIRS=f"{tmp_path / 'themes'},{tmp_path / 'empty'},{tmp_path / 'gone'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "The environment cannot be used:",
        "  THEMES_DIRS: 'Night' is not the name of a theme: 1 to 50 lower-case letters, digits and hyphens."
        f" {tmp_path / 'empty'} has no theme: each is a folder in it, with a theme.toml."
        f" {tmp_path / 'gone'} is not a folder.",
    ]
