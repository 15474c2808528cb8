"""Options of a theme wherever a site is written: commands, files, the admin, code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import CommandError

from app.accounts.models import User
from app.tenancy.models import SiteProfile
from tests.support.commands import call
from tests.support.makers import Browser
from tests.themes.conftest import MakeThemes, choose

NIGHT = """
title = "Night"
description = "Stars."
[options.accent]
type = "colour"
default = "#112233"
label = "Accent"
help = "Of links."
[options.stars]
type = "switch"
default = false
[options.width]
type = "number"
default = 40
min = 20
max = 60
"""
NAMES = "must be one of accent, stars, width."
REFUSED = {
    "accent=red": "options.accent: must be a colour such as #1f6f5c.",
    "width=wide": "options.width: must be a number from 20 to 60.",
    "width=61": "options.width: must be a number from 20 to 60.",
    "stars=1": "options.stars: must be true or false.",
    "font=serif": f"options.font: unknown; {NAMES}",
    "font=": f"options.font: unknown; {NAMES}",
    "accent": "--option accent: must be NAME=VALUE.",
}


@pytest.fixture(autouse=True)
def night(with_themes: MakeThemes) -> None:
    with_themes({"night": {"theme.toml": NIGHT}, "plain": {}})


def stored(site: Site) -> dict[str, Any]:
    settings: dict[str, Any] = SiteProfile.objects.get(site=site).settings
    return settings


def set_options(*options: str, theme: str | None = None) -> dict[str, Any]:
    """`sites set`; what it prints."""
    given = [argument for option in options for argument in ("--option", option)]
    more = [] if theme is None else ["--theme", theme]
    printed: dict[str, Any] = json.loads(call("sites", "set", "north.test", *given, *more, "--json"))
    return printed


def test_the_command_sets_and_resets_options(north: Site) -> None:
    SiteProfile.objects.filter(site=north).update(settings={"tagline": "Hello"})
    made = set_options("accent=#FFCC00", "width=44", "stars=True", theme="night")
    assert made["options"] == {"accent": "#ffcc00", "width": 44, "stars": True}
    assert set_options("width=44.5", "accent=")["options"] == {"width": 44.5, "stars": True}
    set_options("width=", "stars=")
    assert stored(north) == {"tagline": "Hello"}


def test_a_new_site_has_options(db: None) -> None:
    add = ("sites", "add", "east.test", "--theme", "night", "--option", "width=30", "--json")
    assert json.loads(call(*add))["options"] == {"width": 30}
    with pytest.raises(CommandError, match=r"options\.gone: unknown"):
        call("sites", "add", "west.test", "--theme", "night", "--option", "gone=30")


@pytest.mark.parametrize(("option", "fault"), REFUSED.items(), ids=REFUSED)
def test_the_command_refuses_what_the_theme_does_not_offer(north: Site, option: str, fault: str) -> None:
    choose(north, "night", width=30)
    with pytest.raises(CommandError) as error:
        set_options("stars=true", option)
    assert (str(error.value), error.value.returncode) == (fault, 2)
    assert stored(north) == {"options": {"width": 30}}


def test_all_faults_are_named_and_a_setting_is_checked_as_well(north: Site) -> None:
    choose(north, "night")
    with pytest.raises(CommandError) as error:
        call("sites", "set", "north.test", "--setting", 'options={"width": 1, "accent": "#ffcc00", "font": "a"}')
    assert str(error.value) == f"options.width: must be a number from 20 to 60. options.font: unknown; {NAMES}"
    with pytest.raises(CommandError, match=r"options: must be a map\."):
        call("sites", "set", "north.test", "--setting", "options=[]")


def test_a_change_of_theme_keeps_the_options_of_the_other_one(north: Site) -> None:
    set_options("accent=#ffcc00", theme="night")
    call("sites", "set", "north.test", "--theme", "plain", "--name", "Norden")
    assert stored(north)["options"] == {"accent": "#ffcc00"}
    with pytest.raises(CommandError, match=r"options\.accent: unknown; the theme has none\."):
        set_options("accent=#000000")
    call("sites", "set", "north.test", "--setting", 'tagline="1"')
    assert set_options("stars=true", theme="night")["options"] == {"accent": "#ffcc00", "stars": True}


def test_a_file_declares_options(north: Site, tmp_path: Path) -> None:
    file = tmp_path / "sites.yaml"
    site = "sites: {east: {domain: east.test, theme: %s, settings: {options: {accent: '#FFCC00', width: %s}}}}"
    file.write_text(site % ("night", "30"))
    call("sync_sites", str(file))
    assert stored(Site.objects.get(domain="east.test"))["options"] == {"accent": "#ffcc00", "width": 30}
    assert "1 unchanged" in call("sync_sites", str(file))
    for theme, width, fault in (
        ("night", "wide", "sites.east.settings: options.width: must be a number from 20 to 60."),
        ("plain", "30", "sites.east.settings: options.accent: unknown; the theme has none."),
    ):
        file.write_text(site % (theme, width))
        with pytest.raises(CommandError) as error:
            call("sync_sites", str(file))
        assert fault in str(error.value)
        assert error.value.returncode == 2


def test_code_that_saves_a_profile_is_refused_too(north: Site) -> None:
    profile = SiteProfile.objects.get(site=north)
    profile.theme, profile.settings = "night", {"options": {"width": 1}}
    with pytest.raises(ValidationError, match=r"options\.width"):
        profile.save()
    profile.settings = {"options": {"accent": "#FFCC00"}}
    profile.save()
    assert stored(north) == {"options": {"accent": "#ffcc00"}}


def test_the_commands_of_themes_show_the_options(north: Site) -> None:
    assert "night    Night    portico  3        0" in call("themes", "list")
    listed = {theme["name"]: theme for theme in json.loads(call("themes", "list", "--json"))}
    assert listed["night"]["options"][2] == {
        "name": "width", "type": "number", "default": 40, "label": "Width", "help": "",
        "minimum": 20, "maximum": 60, "unit": "",
    }  # fmt: skip
    output = call("themes", "check", "night", "portico")
    assert '  option accent: colour, default "#112233"\n  option stars: switch, default false' in output
    assert '  option font: choice of serif, sans, mixed, default "serif"' in output


@pytest.fixture
def form(north: Site, root: User) -> Form:
    return Form(north)


class Form:
    """The form of a site in the admin, as a superuser sends it."""

    def __init__(self, site: Site) -> None:
        self.browser = Browser(site.domain)
        self.browser.login(username="root", password="root")
        self.path = f"/admin/sites/site/{site.pk}/change/"

    def get(self) -> str:
        return self.browser.get(self.path).content.decode()

    def values(self, **changed: object) -> dict[str, Any]:
        page = self.browser.get(self.path)
        forms = [page.context["adminform"].form, *page.context["inline_admin_formsets"][0].formset.forms]
        formset = page.context["inline_admin_formsets"][0].formset
        values = {bound.html_name: bound.value() for form in (*forms, formset.management_form) for bound in form}
        sent = {**values, **changed}
        return {name: value for name, value in sent.items() if value is not None and value is not False}

    def post(self, **changed: object) -> Any:
        return self.browser.post(self.path, self.values(**changed))


def test_the_form_has_a_field_for_each_option(north: Site, form: Form) -> None:
    choose(north, "night", width=30)
    page = form.get()
    assert '<option value="night" selected>Night: Stars.</option>' in page
    assert '<input type="color" name="option_accent" value="#112233"' in page
    assert '<input type="checkbox" name="option_stars"' in page
    assert '<input type="number" name="option_width" value="30" step="any" min="20" max="60"' in page
    assert "Of links." in page
    assert form.post(option_accent="#ffcc00", option_stars="on").status_code == 302
    assert stored(north) == {"options": {"accent": "#ffcc00", "stars": True, "width": 30}}


def test_an_option_that_has_its_default_is_not_stored(north: Site, form: Form) -> None:
    choose(north, "night", width=30, stars=True)
    assert form.post(option_width="40", option_stars=None).status_code == 302
    assert stored(north) == {"options": {}}


def test_a_fault_is_shown_at_its_field(north: Site, form: Form) -> None:
    choose(north, "night")
    for name, value, fault in (
        ("option_width", "61", "Width: must be a number from 20 to 60."),
        ("option_accent", "</style>", "Accent: must be a colour such as #1f6f5c."),
    ):
        answer = form.post(**{name: value})
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors[name] == [fault]
    assert stored(north) == {"options": {}}


def test_after_a_change_of_the_theme_its_options_are_shown(north: Site, form: Form) -> None:
    """The fields of the other theme are not taken for options of the new one, and what is stored stays."""
    choose(north, "night", accent="#ffcc00")
    assert form.post(theme="plain", option_accent="#000000").status_code == 302
    assert stored(north) == {"options": {"accent": "#ffcc00"}}
    page = form.get()
    assert 'name="option_' not in page
    assert "which are kept for a theme that has: accent." in page
    assert form.post(theme="night").status_code == 302
    assert '<input type="color" name="option_accent" value="#ffcc00"' in form.get()


def test_what_was_stored_without_its_check_breaks_no_form(north: Site, form: Form) -> None:
    SiteProfile.objects.filter(site=north).update(theme="night", settings={"options": {"<b>": 1, "width": "<b>"}})
    page = form.get()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert '<input type="number" name="option_width" value="40"' in page
