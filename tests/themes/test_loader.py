"""Templates of the current site's theme; two sites in one process never see each other's."""

from __future__ import annotations

import tomllib

from django.contrib.sites.models import Site

from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.themes import catalogue
from tests.support.makers import Browser


def put_on(site: Site, theme: str) -> None:
    SiteProfile.objects.filter(site=site).update(theme=theme)  # a theme that is gone may still be stored
    directory.expire()


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


def test_what_a_theme_lacks_comes_from_the_apps(north: Site, night: None) -> None:
    put_on(north, "night")
    assert Browser("north.test").get("/admin/login/").status_code == 200


def test_the_shipped_themes_have_a_title_a_description_and_a_base_template() -> None:
    assert catalogue.DEFAULT in catalogue.themes()
    for name in catalogue.themes():
        assert tomllib.loads((catalogue.FOLDER / name / "theme.toml").read_text()).keys() == {"title", "description"}
        assert (catalogue.templates_of(name) / "base.html").exists()
