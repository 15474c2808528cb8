from __future__ import annotations

import json

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError

from app.tenancy.models import SiteProfile
from tests.support.commands import call
from tests.themes.conftest import MakeThemes


def test_all_themes_are_listed_with_the_number_of_their_sites(north: Site, south: Site, night: None) -> None:
    SiteProfile.objects.filter(site=north).update(theme="night")
    assert "night    Night    portico  0        1" in call("themes", "list")
    rows = {row["name"]: row for row in json.loads(call("themes", "list", "--json"))}
    assert (rows["night"]["parents"], rows["night"]["sites"]) == (["portico"], 1)
    assert rows["portico"]["sites"] == Site.objects.count() - 1


def test_every_kind_of_page_is_shown_with_a_theme(db: None, night: None) -> None:
    output = call("themes", "check", "night")
    assert "ok    page that does not exist (404.html of night)" in output
    assert "ok    home page (pages/page.html of the app pages)" in output
    assert "portico" not in output


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{% extends 'gone.html' %}", "TemplateDoesNotExist: gone.html"),
        ("{% load themes %}{% theme_static page.title %}", "TemplateSyntaxError: There is no static file"),
    ],
)
def test_a_page_that_cannot_be_shown_is_named(db: None, with_themes: MakeThemes, text: str, fault: str) -> None:
    with_themes({"night": {"templates/base.html": text}})
    with pytest.raises(CommandError, match="Themes have faults") as error:
        call("themes", "check", "night")
    assert error.value.returncode == 1


def test_an_unknown_theme_is_a_usage_error(db: None) -> None:
    with pytest.raises(
        CommandError, match="There is no theme 'gone'; must be one of atrium, journal, portico"
    ) as error:
        call("themes", "check", "gone")
    assert error.value.returncode == 2
