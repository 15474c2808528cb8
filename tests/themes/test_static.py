"""A file of a theme, or of the nearest ancestor that has it."""

from __future__ import annotations

from django.contrib.sites.models import Site

from tests.support.makers import Browser
from tests.themes.conftest import MakeThemes, put_on


def test_a_file_is_that_of_the_nearest_theme(north: Site, south: Site, with_themes: MakeThemes) -> None:
    page = "{% load themes %}{% theme_static 'a.css' %} {% theme_static 'b.css' %} {% theme_static 'portico.css' %}"
    with_themes(
        {
            "first": {"theme.toml": 'title = "First"\nparent = "second"', "static/first/a.css": ""},
            "second": {"static/second/a.css": "", "static/second/b.css": "", "templates/404.html": page},
        }
    )
    put_on(north, "first")
    put_on(south, "second")
    assert (
        Browser("north.test").get("/x/").content
        == b"/static/first/a.css /static/second/b.css /static/portico/portico.css"
    )
    assert (
        Browser("south.test").get("/x/").content
        == b"/static/second/a.css /static/second/b.css /static/portico/portico.css"
    )
