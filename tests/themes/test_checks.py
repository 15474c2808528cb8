"""`manage.py check` finds what is wrong with a theme before a visitor does."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from pytest_django import Settings

from app.themes.catalogue import themes
from app.themes.checks import all_themes
from tests.support.commands import call
from tests.themes.conftest import MakeThemes

FAULTS = {
    ("templates/base.html", "{% block content %}"): "E002 base.html of the theme 'night' is not a template: Unclosed",
    ("templates/base.html", '{% load static %}{% static "night/gone.css" %}'): (
        "E003 base.html of the theme 'night' names the static file 'night/gone.css', which does not exist."
    ),
    ("templates/base.html", '{% load themes %}{% theme_static "gone.css" %}'): (
        "E003 base.html of the theme 'night' names the static file 'gone.css', which does not exist."
    ),
    ("static/admin/css/base.css", ""): (
        "E004 static/admin/css/base.css of the theme 'night' must be below static/night/."
    ),
    ("templates/admin/index.html", ""): (
        "E005 admin/index.html of the theme 'night' would replace a page of the admin. Remove it."
    ),
}


@pytest.fixture(autouse=True)
def _without_finders_of_other_settings() -> None:
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]


def found() -> list[str]:
    return [f"{message.id}".removeprefix("themes.") + f" {message.msg}" for message in all_themes()]


def test_the_shipped_themes_pass() -> None:
    assert found() == []


def test_a_theme_of_one_template_passes(night: None) -> None:
    assert found() == []


@pytest.mark.parametrize(("file", "fault"), FAULTS.items(), ids=FAULTS.values())
def test_a_fault_is_named(with_themes: MakeThemes, file: tuple[str, str], fault: str) -> None:
    path, text = file
    with_themes({"night": {path: text}})
    (message,) = found()
    assert message.startswith(fault)
    with pytest.raises(CommandError, match=f"themes.{fault[:4]}"):
        call_command("check")


def test_a_page_without_the_bar_of_a_preview_is_named(db: None, with_themes: MakeThemes) -> None:
    with_themes({"night": {"templates/base.html": "<html><body>{% block content %}{% endblock %}</body></html>"}})
    text = "base.html of the theme 'night' has no {% preview_bar %}: its previews look like the site."
    assert found() == [f"W006 {text}"]
    call_command("check")
    assert f"  hint  {text}" in call("themes", "check", "night")


HINTS = {
    ("templates/page/page.html", ""): (
        "W007 page/page.html of the theme 'night' replaces nothing, and no template of the theme names it."
    ),
    ("templates/pages/page.html", "{{ theme_options.acent }}"): (
        "W008 page.html of the theme 'night' uses the option 'acent', which the theme does not have."
    ),
    ("templates/404.html", '{% load menus %}{% menu "sidebar" as entries %}'): (
        "W010 404.html of the theme 'night' shows a menu at 'sidebar', which is not in its [menus]."
    ),
    ("static/night/night.css", "a { color: var(--option-acent); background: var(--option-fill) }"): (
        "W008 night.css of the theme 'night' uses the option 'acent', which the theme does not have."
    ),
}


@pytest.mark.parametrize(("file", "hint"), HINTS.items(), ids=HINTS.values())
def test_what_is_probably_a_typing_error_is_a_hint(
    db: None, with_themes: MakeThemes, file: tuple[str, str], hint: str
) -> None:
    path, text = file
    parent = 'title = "Night"\nparent = "portico"\n'
    with_themes({"night": {"theme.toml": parent, path: text}})
    assert found() == [hint]
    assert f"  hint  {hint[5:]}" in call("themes", "check", "night")


def test_a_file_that_changed_since_it_was_collected_is_a_hint(
    with_themes: MakeThemes, settings: Settings, tmp_path: Path
) -> None:
    with_themes({"night": {"static/night/night.css": "new", "static/night/same.css": "same"}})
    settings.COLLECTED, settings.STATIC_ROOT = True, str(tmp_path / "collected")
    folder = tmp_path / "collected" / "night"
    for theme in themes().values():
        for path in theme.static.rglob("*.*"):
            file = tmp_path / "collected" / path.relative_to(theme.static)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.read_bytes())
    assert found() == []
    (folder / "night.css").write_text("old")
    assert found() == ["W009 The file night/night.css of the theme 'night' is not the collected one."]
    (folder / "night.css").unlink()
    assert len(found()) == 1


def test_a_file_that_is_not_text_is_named(night: None) -> None:
    (themes()["night"].templates / "404.html").write_bytes(b"\xff")
    (message,) = found()
    assert message.startswith("E002 404.html of the theme 'night' is not a template: 'utf-8' codec")
