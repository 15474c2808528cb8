"""Templates of the current site's theme; two sites in one process never see each other's."""

from __future__ import annotations

from django.contrib.sites.models import Site

from app.themes.catalogue import themes
from app.themes.definition import DEFAULT
from tests.support.makers import Browser
from tests.themes.conftest import MakeThemes, put_on


def test_it_works(north: Site, south: Site, night: None) -> None:
    put_on(north, "night")
    for _ in range(2):  # the second round comes from the cache
        assert Browser("north.test").get("/x/").content == b"night says no on North"
        assert b"This page does not exist" in Browser("south.test").get("/x/").content


def test_a_change_of_theme_needs_no_restart(north: Site, night: None) -> None:
    browser = Browser("north.test")
    for theme in ("night", "portico", "night", "", "gone"):
        put_on(north, theme)
        assert (b"night says no" in browser.get("/x/").content) == (theme == "night")


def test_what_a_theme_lacks_comes_from_its_parents_and_last_from_the_default_one(
    north: Site, with_themes: MakeThemes
) -> None:
    with_themes(
        {
            "first": {"theme.toml": 'title = "First"\nparent = "second"', "templates/a.html": "a of first"},
            "second": {"templates/a.html": "a of second", "templates/404.html": "{% include 'a.html' %} in second"},
        }
    )
    put_on(north, "first")
    browser = Browser("north.test")
    assert browser.get("/x/").content == b"a of first in second"
    assert browser.get("/admin/login/").status_code == 200
    assert b"portico" in browser.get("/").content  # base.html of the default theme


def test_a_template_extends_the_one_of_its_parent(north: Site, south: Site, with_themes: MakeThemes) -> None:
    with_themes(
        {
            "first": {
                "theme.toml": 'title = "First"\nparent = "second"',
                "templates/404.html": "{% extends '404.html' %}{% block a %}first{% endblock %}",
            },
            "second": {"templates/404.html": "<{% block a %}second{% endblock %}>"},
        }
    )
    put_on(north, "first")
    put_on(south, "second")
    for _ in range(2):  # the second round comes from the cache
        assert Browser("north.test").get("/x/").content == b"<first>"
        assert Browser("south.test").get("/x/").content == b"<second>"


def test_another_parent_gives_another_page(north: Site, with_themes: MakeThemes) -> None:
    """A, B, A: what was loaded with one parent is not shown with another."""
    put_on(north, "child")
    parents = {"a": {"templates/404.html": "of a"}, "b": {"templates/404.html": "of b"}}
    for parent in ("a", "b", "a"):
        with_themes({**parents, "child": {"theme.toml": f'title = "Child"\nparent = "{parent}"'}})
        assert Browser("north.test").get("/x/").content == f"of {parent}".encode()


def test_the_shipped_themes_have_a_title_and_a_description() -> None:
    assert DEFAULT in themes()
    assert all(theme.title and theme.description for theme in themes().values())
