"""The preview of a theme before the switch: who sees it, who does not, and what becomes of it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.content_cache import cached_by_content
from app.tenancy.current import activate, current_site, use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.tenancy.requests import theme_preview
from tests.support.makers import Browser, make_north, make_south, page, person
from tests.support.wsgi import Server
from tests.themes.conftest import MakeThemes, choose, styles_of

NIGHT = """
title = "Night"
parent = "portico"
[options.accent]
type = "colour"
default = "#112233"
"""
BASE = """{% load tenancy themes %}<html>{% site_colours %}<body>{% preview_bar %}
night of {{ site.name }} {{ theme_options.accent }} {% theme_static "night.css" %}
{% cached_by_content "part" %}{{ theme_options.accent }}{% endcached_by_content %}</body></html>"""
ENDING = "/admin/end-theme-preview/"


@pytest.fixture(autouse=True)
def night(with_themes: MakeThemes) -> None:
    files = {"templates/base.html": BASE, "static/night/night.css": ""}
    with_themes(
        {
            "night": {"theme.toml": NIGHT, **files},
            "broken": {"templates/404.html": "{% load themes %}{% theme_static 'gone' %}"},
        }
    )


@pytest.fixture
def home(north: Site, south: Site) -> None:
    for site in (north, south):
        page(site, slug="", title=f"Home of {site.name}")


@pytest.fixture
def superuser(home: None, root: User) -> Browser:
    return signed_in("north.test", "root")


def signed_in(host: str, username: str) -> Browser:
    browser = Browser(host)
    browser.login(username=username, password=username)
    return browser


def press(browser: Client, site: Site, **values: object) -> Any:
    """The button "Preview the theme" of the form of a site."""
    own = {"name": site.name, "domain": site.domain, "key": site.profile.key, "state": "active"}
    inline = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}
    form = {**own, **inline, "options_of": values.get("theme", ""), "_preview": "1", **values}
    return browser.post(f"/admin/sites/site/{site.pk}/change/", form)


def portico(**options: object) -> dict[str, object]:
    """The fields of the options that every theme here has from its parent."""
    values = {"font": "serif", "width": "44", "corners": "soft", "fill": "#24303c", **options}
    return {f"option_{name}": value for name, value in values.items()}


def preview_night(browser: Client, site: Site, accent: str = "#ffcc00") -> Any:
    return press(browser, site, theme="night", **portico(accent=accent))


def test_it_works(north: Site, superuser: Browser) -> None:
    before = SiteProfile.objects.values().get(site=north)
    pressed = preview_night(superuser, north)
    assert (pressed.status_code, pressed.headers["Location"]) == (302, "/")
    shown = superuser.get("/").content.decode()
    assert "night of North #ffcc00 /static/night/night.css" in shown
    assert "with the theme Night and the options of the form" in shown
    assert "--option-accent:#ffcc00" in shown
    assert SiteProfile.objects.values().get(site=north) == before
    assert b"night" not in Browser("north.test").get("/").content


def test_nothing_of_it_is_stored_or_indexed(north: Site, superuser: Browser) -> None:
    preview_night(superuser, north)
    shown = superuser.get("/")
    assert shown.headers["X-Site-Source"] == "session"
    assert {"private", "no-store"} <= set(shown.headers["Cache-Control"].split(", "))
    assert shown.headers["X-Robots-Tag"] == "noindex"
    assert "ETag" not in shown.headers
    assert "X-Robots-Tag" not in Browser("north.test").get("/").headers


def test_policy_and_style_agree(north: Site, superuser: Browser) -> None:
    preview_night(superuser, north)
    assert styles_of(superuser.get("/"))


def test_a_site_is_previewed_under_the_address_of_another_one(south: Site, superuser: Browser) -> None:
    preview_night(superuser, south)
    assert b"night of South #ffcc00" in superuser.get("/").content
    assert b"night" not in Browser("south.test").get("/").content
    assert b"night" not in Browser("north.test").get("/").content
    superuser.post(ENDING)
    assert b"Home of North" in superuser.get("/").content


def test_the_admin_is_not_previewed(south: Site, superuser: Browser) -> None:
    preview_night(superuser, south)
    overview = superuser.get("/admin/")
    assert overview.headers["X-Site-Source"] == "host"
    assert b"--option-accent" not in overview.content


def test_it_ends_by_its_button(north: Site, superuser: Browser) -> None:
    preview_night(superuser, north)
    assert superuser.get(ENDING).status_code == 405
    assert Client(HTTP_HOST="north.test", enforce_csrf_checks=True).post(ENDING).status_code == 403
    for wanted, led in (("/about/", "/about/"), ("https://evil.example/", "/admin/")):
        ended = superuser.post(ENDING, {"next": wanted})
        assert (ended.status_code, ended.headers["Location"]) == (302, led)
    assert b"night of" not in superuser.get("/").content


def test_it_ends_when_the_site_is_saved(north: Site, superuser: Browser) -> None:
    preview_night(superuser, north)
    values = portico(accent="#00ff00")
    assert press(superuser, north, theme="night", **values, _preview="", _save="1").headers["Location"] == "/"
    form = {"name": "North", "domain": "north.test", "key": north.profile.key, "state": "active", "theme": "night"}
    inline = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}
    path = f"/admin/sites/site/{north.pk}/change/"
    assert superuser.post(path, {**form, **inline, "options_of": "night", **values}).headers["Location"] != "/"
    shown = superuser.get("/")
    assert b"night of North #00ff00" in shown.content
    assert shown.headers["X-Site-Source"] == "host"


def test_it_ends_by_itself(north: Site, superuser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme_preview, "SECONDS", 0)
    preview_night(superuser, north)
    assert b"night of" not in superuser.get("/").content


def test_it_ends_with_the_rights_of_the_person(north: Site, superuser: Browser, root: User) -> None:
    preview_night(superuser, north)
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    shown = superuser.get("/")
    assert b"night of" not in shown.content
    assert shown.headers["X-Site-Source"] == "host"


@pytest.mark.parametrize("role", ["Author", "Editor", "Site admin"])
def test_members_have_no_preview(north: Site, home: None, role: str) -> None:
    person("nora", north, role)
    browser = signed_in("north.test", "nora")
    assert preview_night(browser, north).status_code == 403
    session = browser.session
    session[theme_preview.KEY] = [north.pk, "night", {}, time.time() + 60]
    session.save()
    assert b"night of" not in browser.get("/").content


def test_strangers_have_none(north: Site, superuser: Browser) -> None:
    stranger = Browser("north.test")
    assert preview_night(stranger, north).status_code == 302  # to the sign-in
    preview_night(superuser, north)
    for cookie in ("a" * 32, "forged", ""):
        stranger.cookies["sessionid"] = cookie
        assert b"night of" not in stranger.get("/").content
    elsewhere = Browser("south.test")
    elsewhere.cookies["sessionid"] = superuser.cookies["sessionid"].value
    assert b"night of" not in elsewhere.get("/").content  # a session is valid on its own site


def test_the_form_shows_the_values_of_the_preview_until_they_are_saved(north: Site, superuser: Browser) -> None:
    path = f"/admin/sites/site/{north.pk}/change/"
    before = superuser.get(path).content.decode()
    assert "option_accent" not in before
    preview_night(superuser, north)
    form = superuser.get(path).content.decode()
    assert '<option value="night" selected>' in form
    assert '<input type="color" name="option_accent" value="#ffcc00"' in form
    assert "This is your preview, which is not saved." in form
    superuser.post(ENDING)
    assert "option_accent" not in superuser.get(path).content.decode()


def test_another_theme_is_previewed_with_what_is_stored_for_it(north: Site, superuser: Browser) -> None:
    choose(north, "", accent="#00ff00")
    press(superuser, north, theme="night", options_of="", **portico())
    assert b"night of North #00ff00" in superuser.get("/").content


def test_a_form_with_faults_starts_no_preview_and_saves_nothing(north: Site, superuser: Browser) -> None:
    before = SiteProfile.objects.values().get(site=north)
    for values in ({"theme": "gone"}, {"theme": "night", **portico(accent="red")}, {"domain": "south.test"}):
        assert press(superuser, north, **values).status_code == 200
    assert b"night of" not in superuser.get("/").content
    assert SiteProfile.objects.values().get(site=north) == before
    assert superuser.post("/admin/sites/site/999999/change/", {"_preview": "1"}).status_code == 302  # unknown


def test_a_theme_that_fails_is_named(north: Site, superuser: Browser, with_themes: MakeThemes) -> None:
    with_themes({"night": {"templates/base.html": "{% include 'gone.html' %}"}})
    preview_night(superuser, north)
    failing = superuser.get("/")
    assert failing.status_code == 422
    assert b"TemplateDoesNotExist: gone.html" in failing.content
    assert b"End the preview" in failing.content
    assert "no-store" in failing.headers["Cache-Control"]
    assert Browser("north.test").get("/").status_code == 200


def test_a_theme_whose_error_page_fails_is_named_too(north: Site, superuser: Browser) -> None:
    press(superuser, north, theme="broken", options_of="broken")
    superuser.raise_request_exception = False
    failing = superuser.get("/nowhere/")
    assert failing.status_code == 422
    assert b"The log has the reason." in failing.content


def test_faults_that_are_not_of_the_theme_stay_what_they_are(north: Site, superuser: Browser) -> None:
    preview_night(superuser, north)
    assert superuser.get("/nowhere/").status_code == 404


def test_without_an_admin_on_the_host_there_is_no_preview(north: Site, superuser: Browser, settings: Settings) -> None:
    preview_night(superuser, north)
    settings.ADMIN_HOSTS = ["admin.test"]
    assert b"night of" not in superuser.get("/").content


def test_what_a_preview_makes_is_kept_for_nobody(transactional_db: None) -> None:
    north = make_north()
    make_south()
    with use_site(north) as site:
        assert cached_by_content("part", lambda: "of visitors") == "of visitors"
    directory.expire()
    previewed = site._replace(theme="night", settings='{"options": {"accent": "#ffcc00"}}')
    with activate(previewed):
        assert current_site().theme == "night"
        assert cached_by_content("part", lambda: "of the preview") == "of the preview"
        cache.set("part", "of the preview")
    with use_site(north):
        assert cached_by_content("part", lambda: "again") == "of visitors"
        assert cache.get("part") is None


def test_the_page_cache_neither_stores_nor_serves_it(transactional_db: None) -> None:
    north = make_north()
    page(north, slug="", title="Home")
    User.objects.create_superuser("root", "root@example.test", "root")
    browser, server = signed_in("north.test", "root"), Server()
    visitor = server.get("north.test")
    preview_night(browser, north)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    mine, again = (server.get("north.test", HTTP_COOKIE=cookie) for _ in range(2))
    assert b"night of" in mine.body
    assert b"night of" in again.body
    assert (mine.found, again.found) == ("", "")
    after = server.get("north.test")
    assert (after.found, after.body) == ("hit", visitor.body)
