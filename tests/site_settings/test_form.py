"""The page "Settings of this site": who may use it, what it stores and refuses, on two sites through HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.accounts.models import User
from app.site_settings import views
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import AuditEntry, SiteProfile
from app.tenancy.sites.write import host_lock
from tests.support.commands import call
from tests.support.makers import Browser, make_north, make_south, page, person
from tests.support.uploads import media_file, picture, uploaded
from tests.support.wsgi import Server
from tests.themes.conftest import MakeThemes, put_on

PATH = "/admin/settings/"
LOGO = f"/media/{'0a' * 16}/mark-320x80.png"


class Form:
    """The form in a browser of its own."""

    def __init__(self, host: str, username: str) -> None:
        self.browser = Browser(host)
        self.browser.login(username=username, password=username)
        self.opened = self.open()

    def open(self) -> dict[str, Any]:
        """What an unchanged form sends."""
        context = self.browser.get(PATH).context
        values = {bound.html_name: bound.value() for bound in context["form"] if not bound.field.disabled}
        self.opened = {**values, "_opened_with": context["opened_with"]}
        return self.opened

    def post(self, **changed: object) -> Any:
        return post(self.browser, {**self.opened, **changed})

    def preview(self, **changed: object) -> Any:
        return post(self.browser, {**self.opened, **changed}, f"{PATH}preview/")

    def errors(self, **changed: object) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = self.post(**changed).context["form"].errors
        return errors


def post(browser: Browser, sent: dict[str, Any], path: str = PATH) -> Any:
    return browser.post(path, {name: "" if value is None else value for name, value in sent.items()})


@pytest.fixture
def boss(north: Site) -> User:
    return person("boss", north, "Site admin")


@pytest.fixture
def form(boss: User) -> Form:
    return Form("north.test", "boss")


def stored(site: Site) -> dict[str, Any]:
    return {name: value for name, value in SiteProfile.objects.get(site=site).settings.items() if name != "apps"}


def test_a_site_admin_changes_the_settings_of_her_site_only(form: Form, north: Site, south: Site) -> None:
    row = media_file(north, alt="Mark")
    before = SiteProfile.objects.values().get(site=south)
    changes = {
        "name": "Nordlicht",
        "tagline": "Open to all",
        "logo": row.pk,
        "colour": "#FFEE00",
        "option_font": "sans",
        "footer": "<p>Here <script>x()</script></p>",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "social_github": "https://github.com/north",
        "analytics_provider": "fathom",
        "analytics_fathom_site_id": "ABCDEFGH",
        "robots": "Disallow: /x/\r\nAllow: /x/y/",
        "suspended_title": "Back soon",
    }
    answer = form.post(**changes)
    assert answer.status_code == 302, answer.context["form"].errors
    profile = SiteProfile.objects.select_related("site").get(site=north)
    assert (profile.site.name, profile.colour) == ("Nordlicht", "#ffee00")
    assert stored(north) == {
        "tagline": "Open to all",
        "logo": {"url": row.get_absolute_url()},
        "options": {"font": "sans"},
        "footer": "<p>Here </p>",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "social": {"github": "https://github.com/north"},
        "analytics": {"provider": "fathom", "site_id": "ABCDEFGH"},
        "robots": "Disallow: /x/\nAllow: /x/y/",
        "messages": {"suspended": {"title": "Back soon"}},
    }
    assert SiteProfile.objects.values().get(site=south) == before
    # The audit list and the recent actions say who changed what.
    with use_site(north):
        entry = AuditEntry.objects.get(verb="site_changed")
    assert entry.actor == "boss"
    assert "settings.language: - → de" in entry.details["changes"]
    assert LogEntry.objects.get(user__username="boss").get_change_message().startswith("Changed Name, ")
    # The form shows what is stored, and sent unchanged it changes nothing.
    form.open()
    assert form.opened["analytics_fathom_site_id"] == "ABCDEFGH"
    assert "too light for text on a light background" in form.browser.get(PATH).content.decode()
    form.post()
    assert LogEntry.objects.filter(user__username="boss").count() == 1
    form.post(analytics_provider="", tagline="", logo="", suspended_title="")
    assert {"analytics", "tagline", "logo", "messages"}.isdisjoint(stored(north))


def test_who_may_not(form: Form, north: Site, south: Site, nora: User, root: User) -> None:
    editor = Browser("north.test")
    editor.login(username="nora", password="nora")
    assert (editor.get(PATH).status_code, post(editor, form.opened).status_code) == (403, 403)
    assert post(editor, form.opened, f"{PATH}preview/").status_code == 403
    assert PATH not in editor.get("/admin/").content.decode()
    assert PATH in form.browser.get("/admin/").content.decode()
    elsewhere = Browser("south.test")  # boss has no role there
    elsewhere.login(username="boss", password="boss")
    for path in (PATH, f"{PATH}preview/"):
        assert post(elsewhere, {**form.opened, "name": "Mine"}, path).status_code == 302  # to the sign-in
    # A form of one site is not saved on another.
    superuser = Browser("south.test")
    superuser.login(username="root", password="root")
    assert post(superuser, {**form.opened, "_opened_under_site": north.pk, "name": "Mine"}).status_code == 409
    assert {Site.objects.get(pk=site.pk).name for site in (north, south)} == {"North", "South"}


def test_only_hosts_that_the_platform_lists_are_offered_for_analytics(
    boss: User, north: Site, settings: Settings
) -> None:
    form = Form("north.test", "boss")
    offered = {name for name in form.opened if name.startswith("analytics_")}
    assert not {name for name in offered if name.endswith("_host") or "matomo" in name}
    evil = {"analytics_provider": "matomo", "analytics_matomo_host": "evil.test", "analytics_matomo_site_id": "7"}
    assert "Select a valid choice." in form.errors(**evil)["analytics_provider"][0]
    assert "analytics" not in stored(north)
    settings.ANALYTICS_HOSTS = ["stats.test"]
    form.open()
    assert '<option value="stats.test">' in form.browser.get(PATH).content.decode()
    assert "Select a valid choice." in form.errors(**evil)["analytics_matomo_host"][0]
    assert form.post(**evil | {"analytics_matomo_host": "stats.test"}).status_code == 302
    assert stored(north)["analytics"] == {"provider": "matomo", "host": "stats.test", "site_id": "7"}


def test_faults_are_at_their_fields(form: Form, north: Site, south: Site, settings: Settings) -> None:
    settings.ANALYTICS_HOSTS = ["stats.test"]
    before, foreign = stored(north), media_file(south)
    errors = form.errors(
        name=" ",
        colour="red",
        logo=foreign.pk,
        language="tlh",
        time_zone="Moon/Sea",
        footer="<p>" + "x" * 5001,
        social_x="http://x.com/n",
        robots="Refuse: all",
        analytics_provider="matomo",
        analytics_matomo_host="a b",
        archived_title="x" * 101,
    )
    assert errors["colour"] == ["'red' is not a colour such as #1f6f5c."]
    assert errors["social_x"] == ["X: must be a full address that begins with https://."]
    assert errors["robots"][0].startswith("'Refuse: all' is no rule;")
    assert errors["analytics_matomo_site_id"] == ["Site ID: must be the number that Matomo gave the site."]
    assert len(errors["analytics_matomo_host"]) == 1
    assert "Select a valid choice." in errors["logo"][0]
    assert {"name", "language", "time_zone", "footer", "archived_title"} <= errors.keys()
    assert stored(north) == before


def test_a_logo_that_is_too_large_is_refused_with_the_limit(form: Form, settings: Settings) -> None:
    settings.MEDIA_MAX_MB = 1
    answer = form.browser.post("/admin/media/mediafile/upload/", {"file": uploaded(picture() + b"\0" * 2**20)})
    assert (answer.status_code, answer.json()["errors"]) == (400, ["This file is larger than 1 MB."])
    assert "PNG, JPEG or WebP of at most 1 MB" in form.browser.get(PATH).content.decode()


def test_a_file_that_is_the_logo_cannot_be_deleted(form: Form, north: Site) -> None:
    row = media_file(north, alt="Mark")
    form.post(logo=row.pk)
    answer = form.browser.post(f"/admin/media/mediafile/{row.pk}/delete/", {"post": "yes"})
    assert "Settings of the site: " in answer.content.decode()
    with use_site(north):
        row.refresh_from_db()


def test_of_two_who_save_the_second_one_sees_both_values(form: Form, north: Site, root: User) -> None:
    other = Form("north.test", "root")
    assert form.post(tagline="First", colour="#112233").status_code == 302
    refused = other.post(tagline="Second", language="fr")
    errors = refused.context["form"].errors
    assert "boss saved a newer version" in errors["__all__"][0]
    assert errors["tagline"] == ["Stored now: First"]
    assert errors["colour"] == ["Stored now: #112233"]
    assert 'value="Second"' in refused.content.decode()
    assert stored(north) == {"tagline": "First"}
    again = {"_opened_with": refused.context["opened_with"], "colour": "#112233"}
    assert other.post(tagline="Second", language="fr", **again).status_code == 302
    assert stored(north) == {"tagline": "Second", "language": "fr"}


def test_of_two_who_save_at_one_moment_the_second_one_sees_what_the_first_one_saved(
    form: Form, north: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The values are checked before the lock that all sites share; another save may come in between."""

    @contextmanager
    def late() -> Iterator[None]:
        monkeypatch.setattr(views, "host_lock", host_lock)
        call("sites", "set", "north.test", "--setting", 'tagline="First"')
        with host_lock():
            yield

    with CaptureQueriesContext(connection) as refused:
        assert form.errors(colour="red")
    assert not [query for query in refused if 'FROM "tenancy_epoch"' in query["sql"]]
    monkeypatch.setattr(views, "host_lock", late)
    assert form.errors(tagline="Second")["tagline"] == ["Stored now: First"]
    assert stored(north) == {"tagline": "First"}
    form.open()
    assert form.post(tagline="Second").status_code == 302
    assert stored(north) == {"tagline": "Second"}


def test_a_declared_site_keeps_what_its_file_gives(form: Form, north: Site) -> None:
    SiteProfile.objects.filter(site=north).update(managed_by="file")
    assert "A file declares this site." in form.browser.get(PATH).content.decode()
    form.open()
    assert form.post(name="Mine", colour="#112233", robots="Disallow: /", tagline="Ours").status_code == 302
    assert (Site.objects.get(pk=north.pk).name, SiteProfile.objects.get(site=north).colour) == ("North", "")
    assert stored(north) == {"tagline": "Ours"}


def test_what_was_stored_without_its_check_does_not_close_the_form(form: Form, north: Site) -> None:
    own = {"own": {"kept": True}}
    bad = {"language": "xx", "logo": 5, "social": [], "analytics": {"provider": "x"}, "footer": 1}
    SiteProfile.objects.filter(site=north).update(settings={**bad, **own}, theme="gone")
    form.open()
    assert form.post(tagline="Ours").status_code == 302
    assert stored(north) == {**own, "tagline": "Ours"}


def test_the_preview_shows_the_form_and_saves_nothing(form: Form, north: Site, south: Site) -> None:
    page(north, slug="", title="Home of North", body="<p>Hi</p>")
    before = SiteProfile.objects.values().get(site=north)
    shown = form.preview(name="Nordlicht", colour="#ffee00", option_font="sans")
    html = shown.content.decode()
    assert (shown.status_code, "Home of North" in html, "Nordlicht" in html) == (200, True, True)
    assert "--site:#ffee00" in html
    assert "--option-font:sans" in html
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "script-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "private, no-store" in shown.headers["Cache-Control"]
    assert "The form has errors" in form.preview(colour="red").content.decode()
    assert SiteProfile.objects.values().get(site=north) == before
    for host, name in (("north.test", "North"), ("south.test", "South")):
        assert "Nordlicht" not in Browser(host).get("/").content.decode(), name


def test_a_fragment_of_the_preview_is_not_kept_for_visitors(form: Form, north: Site, with_themes: MakeThemes) -> None:
    base = "{% load cache %}{% cache 300 head %}{{ site.name }}: {{ site_settings.tagline }}{% endcache %}"
    with_themes({"bare": {"templates/base.html": base}})
    page(north, slug="", title="Home")
    put_on(north, "bare")
    form.open()
    assert form.preview(name="Nordlicht", tagline="Not yet").content.decode() == "Nordlicht: Not yet"
    visitor = Browser("north.test")
    assert visitor.get("/").content.decode() == "North: "
    form.post(tagline="Open to all")
    assert visitor.get("/").content.decode() == "North: Open to all"


def test_a_stored_page_follows_the_settings_which_cost_no_query(transactional_db: None) -> None:
    north, south = make_north(), make_south()
    server = Server()
    for site in (north, south):
        page(site, slug="", title="Home")
    directory.refresh()  # outside of the request, as in a server
    made = server.get("north.test")
    values = {"tagline": "Open to all", "footer": "<p>Here</p>", "social": {"x": "https://x.com/n"}, "logo": LOGO}
    for name, value in values.items():
        call("sites", "set", "north.test", "--setting", f"{name}={json.dumps(value)}")
    directory.refresh()
    changed, stored_page, other = server.get("north.test"), server.get("north.test"), server.get("south.test")
    assert (changed.found, stored_page.found, stored_page.queries) == ("fwd=miss; stored", "hit", 0)
    assert changed.queries == made.queries
    for part in ("<p>Here</p>", "https://x.com/n", LOGO):
        assert all(part in answer.body.decode() for answer in (changed, stored_page)), part
        assert part not in other.body.decode()


def test_the_commands_and_the_form_agree(form: Form, north: Site) -> None:
    call("sites", "set", "north.test", "--setting", f"social={json.dumps({'x': 'https://x.com/n'})}")
    assert form.open()["social_x"] == "https://x.com/n"
