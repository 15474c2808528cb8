"""The session's step: the switcher, what a choice is worth, and where a session is worth anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.accounts.models import User
from app.pages.admin import PageAdmin
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.models import Membership, SiteProfile
from tests.support.makers import Browser, page

SWITCH = "/admin/switch-site/"


@pytest.fixture
def editor(nora: User, north: Site, south: Site, at_north: Browser) -> Browser:
    """nora, signed in on north, with a role on south as well."""
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
        Page.objects.create(title="Home of South", status="published")
    with use_site(north):
        Page.objects.create(title="Home of North", status="published")
    assert at_north.login(username="nora", password="nora")
    return at_north


def shown(browser: Browser, path: str = "/") -> tuple[str, str]:
    response = browser.get(path)
    return response.headers["X-Site-Id"], response.headers["X-Site-Source"]


def choose(browser: Browser, value: Any) -> None:
    session = browser.session
    session["site_id"] = value
    session.save()


def test_it_works(editor: Browser, north: Site, south: Site) -> None:
    response = editor.post(SWITCH, {"site_id": south.pk, "next": "/admin/pages/page/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/pages/page/")
    assert shown(editor, "/admin/") == (str(south.pk), "session")
    editor.post(SWITCH, {"site_id": north.pk})
    assert shown(editor, "/admin/") == (str(north.pk), "host")
    assert "site_id" not in editor.session


def test_a_public_page_under_a_chosen_site_is_a_preview_that_nobody_stores(editor: Browser, south: Site) -> None:
    choose(editor, south.pk)
    response = editor.get("/")
    assert b"Home of South" in response.content
    assert b"Visitors do not see this" in response.content
    assert response.headers["X-Site-Source"] == "session"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    visitor = Browser("north.test").get("/")
    assert b"Home of North" in visitor.content
    assert b"Visitors do not see this" not in visitor.content


@pytest.mark.parametrize("value", [999999, "two", "2", -1, 0, None, True, 1.5, [2], {"id": 2}])
def test_a_choice_that_is_none_is_dropped(editor: Browser, north: Site, value: Any) -> None:
    choose(editor, value)
    assert shown(editor, "/admin/") == (str(north.pk), "host")
    if value is not None:
        assert "site_id" not in editor.session


def test_an_archived_site_cannot_be_worked_on(editor: Browser, north: Site, south: Site) -> None:
    choose(editor, south.pk)
    profile = SiteProfile.objects.get(site=south)
    profile.state = "archived"
    profile.save()
    assert shown(editor, "/admin/") == (str(north.pk), "host")
    assert editor.post(SWITCH, {"site_id": south.pk}).status_code == 404


def test_a_role_that_was_revoked_a_moment_ago_counts_no_more(editor: Browser, north: Site, south: Site) -> None:
    choose(editor, south.pk)
    assert shown(editor, "/admin/") == (str(south.pk), "session")
    Membership.all_sites.filter(site=south).delete()
    assert shown(editor, "/admin/") == (str(north.pk), "host")
    assert shown(editor) == (str(north.pk), "host")


def test_an_account_that_was_closed_a_moment_ago_counts_no_more(editor: Browser, north: Site, south: Site) -> None:
    choose(editor, south.pk)
    User.objects.update(is_active=False)
    assert shown(editor) == (str(north.pk), "host")


def test_a_choice_without_a_role_is_dropped(nora: User, at_north: Browser, north: Site, south: Site) -> None:
    at_north.login(username="nora", password="nora")
    choose(at_north, south.pk)
    assert shown(at_north, "/admin/") == (str(north.pk), "host")


@pytest.mark.parametrize(
    ("value", "status"), [("999999", 404), ("", 404), ("two", 404), ("-1", 404), ("\u0662", 404), ("9" * 5000, 404)]
)
def test_the_switcher_knows_no_such_site(editor: Browser, value: str, status: int) -> None:
    assert editor.post(SWITCH, {"site_id": value}).status_code == status


def test_the_switcher_refuses_a_site_without_a_role(nora: User, at_north: Browser, south: Site) -> None:
    at_north.login(username="nora", password="nora")
    assert at_north.post(SWITCH, {"site_id": south.pk}).status_code == 403
    assert "site_id" not in at_north.session


def test_the_switcher_tells_visitors_nothing_of_sites(north: Site, south: Site) -> None:
    visitor = Browser("north.test")
    ids = (north.pk, south.pk, 999999, "two", "")
    responses = {(r.status_code, r.headers["Location"]) for r in (visitor.post(SWITCH, {"site_id": i}) for i in ids)}
    assert responses == {(302, "/admin/login/?next=/admin/")}


def test_the_switcher_takes_no_get_and_needs_its_token(editor: Browser, north: Site, south: Site) -> None:
    assert editor.get(SWITCH, {"site_id": south.pk}).status_code == 405
    strict = Browser("north.test", enforce_csrf_checks=True)
    strict.cookies = editor.cookies
    assert strict.post(SWITCH, {"site_id": south.pk}).status_code == 403
    assert shown(editor, "/admin/") == (str(north.pk), "host")


def test_the_switcher_needs_its_token_whatever_the_middlewares_are(
    editor: Browser, south: Site, settings: Settings
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name.lower()]
    strict = Browser("north.test", enforce_csrf_checks=True)
    strict.cookies = editor.cookies
    assert strict.post(SWITCH, {"site_id": south.pk}).status_code == 403


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "http:evil.test"],
)
def test_the_switcher_is_no_open_redirect(editor: Browser, south: Site, target: str) -> None:
    response = editor.post(SWITCH, {"site_id": south.pk, "next": target})
    assert response.headers["Location"] == "/admin/"


def test_a_switch_is_written_down_on_the_site_that_was_chosen(editor: Browser, south: Site, nora: User) -> None:
    editor.post(SWITCH, {"site_id": south.pk})
    with use_site(south):
        entry = LogEntry.objects.get(logged_actions__site=south)
    assert (entry.user, entry.object_id) == (nora, str(south.pk))


def test_a_session_of_one_site_opens_nothing_on_another(editor: Browser, south: Site, sam: User) -> None:
    assert editor.get("/admin/").status_code == 200
    thief = Browser("south.test")
    thief.cookies = SimpleCookie(editor.cookies.output(header="", sep=";"))
    response = thief.get("/admin/")
    assert response.status_code == 302
    assert "/admin/login/" in response.headers["Location"]
    assert editor.get("/admin/").status_code == 200, "its owner is still signed in"
    thief.login(username="sam", password="sam")
    assert thief.get("/admin/").status_code == 200


def test_sam_is_refused_on_north(sam: User, north: Site) -> None:
    browser = Browser("north.test")
    response = browser.post("/admin/login/", {"username": "sam", "password": "sam"})
    assert b"with a role on North" in response.content
    assert "_auth_user_id" not in browser.session


def test_the_sign_in_tells_nobody_which_part_was_wrong(sam: User, nora: User, north: Site) -> None:
    User.objects.create_user("closed", password="closed", is_active=False)

    def told(username: str, password: str) -> tuple[int, str]:
        response = Browser("north.test").post("/admin/login/", {"username": username, "password": password})
        page = response.content.decode().replace(username, "USER")
        return response.status_code, re.sub(r'value="[A-Za-z0-9]{64}"', "", page)

    sign_ins = [("sam", "sam"), ("sam", "wrong"), ("nora", "wrong"), ("nobody", "x"), ("closed", "closed")]
    assert len({told(*sign_in) for sign_in in sign_ins}) == 1
    assert told("nora", "nora")[0] == 302


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", ""])
def test_a_refused_address_after_the_sign_in_is_the_overview(nora: User, north: Site, target: str) -> None:
    browser = Browser("north.test")
    response = browser.post("/admin/login/", {"username": "nora", "password": "nora", "next": target})
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_a_choice_counts_on_a_host_that_an_operator_listed(
    settings: Settings, nora: User, north: Site, south: Site
) -> None:
    settings.LISTED_HOSTS, settings.DEFAULT_SITE_ID = ["admin.test"], north.pk
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    browser = Browser("admin.test")
    browser.login(username="nora", password="nora")
    assert shown(browser, "/admin/") == (str(north.pk), "setting")
    browser.post(SWITCH, {"site_id": south.pk})
    assert shown(browser, "/admin/") == (str(south.pk), "session")
    browser.post(SWITCH, {"site_id": north.pk})
    assert shown(browser, "/admin/") == (str(north.pk), "setting")


def keys_of(browser: Browser, path: str = "/admin/") -> tuple[str, str]:
    """The session's key before and after a request."""
    before = browser.cookies["sessionid"].value
    assert browser.get(path).status_code == 200
    return before, browser.cookies["sessionid"].value


def test_signing_in_gives_a_session_a_new_key(nora: User, at_north: Browser, north: Site) -> None:
    planted = at_north.session
    planted["x"] = 1
    planted.save()
    at_north.cookies["sessionid"] = str(planted.session_key)
    at_north.post("/admin/login/", {"username": "nora", "password": "nora"})
    assert at_north.cookies["sessionid"].value != planted.session_key
    assert not SessionStore(planted.session_key).load()


def give_role(user: User, name: str) -> None:
    Membership.all_sites.filter(user=user).update(role=Group.objects.get(name=name))


def permit(user: User) -> None:
    Group.objects.get(name="Editor").permissions.add(Permission.objects.get(codename="add_membership"))


def forbid(user: User) -> None:
    Group.objects.get(name="Editor").permissions.remove(Permission.objects.get(codename="delete_page"))


def promote(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_superuser=True)


CHANGES: dict[str, Callable[[User], None]] = {
    "more rights": lambda user: give_role(user, "Site admin"),
    "fewer rights": lambda user: give_role(user, "Author"),
    "a permission more in the role": permit,
    "a permission fewer in the role": forbid,
    "a superuser": promote,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_rights_gives_a_session_a_new_key(nora: User, at_north: Browser, change: Any) -> None:
    at_north.login(username="nora", password="nora")
    keys_of(at_north)
    same = keys_of(at_north)
    assert same[0] == same[1]
    change(nora)
    old, new = keys_of(at_north)
    assert new != old
    assert Browser("north.test", HTTP_COOKIE=f"sessionid={old}").get("/admin/").status_code == 302
    assert Browser("north.test", HTTP_COOKIE=f"sessionid={new}").get("/admin/").status_code == 200
    same = keys_of(at_north)
    assert same[0] == same[1]


def test_a_role_on_another_site_leaves_the_session_as_it_is(nora: User, at_north: Browser, south: Site) -> None:
    at_north.login(username="nora", password="nora")
    keys_of(at_north)
    with use_site(south):
        Membership.objects.create(user=nora, role=Group.objects.get(name="Site admin"))
    same = keys_of(at_north)
    assert same[0] == same[1]
    at_north.post(SWITCH, {"site_id": south.pk})
    old, new = keys_of(at_north)
    assert new != old


def test_public_pages_write_no_session(editor: Browser, nora: User, north: Site) -> None:
    keys_of(editor)
    promote(nora)
    with CaptureQueriesContext(connection) as queries:
        old, new = keys_of(editor, "/")
    assert new == old
    assert not [query for query in queries.captured_queries if "UPDATE" in query["sql"] or "INSERT" in query["sql"]]


def test_an_admin_page_takes_no_query_for_it(editor: Browser, settings: Settings) -> None:
    editor.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        editor.get("/admin/pages/page/")
    permissions = [query for query in queries.captured_queries if "auth_permission" in query["sql"]]
    sessions = [query for query in queries.captured_queries if "django_session" in query["sql"]]
    assert (len(permissions), len(sessions)) == (1, 1)


def test_a_failed_page_leaves_the_session_as_it_is(nora: User, at_north: Browser, monkeypatch: Any) -> None:
    at_north.raise_request_exception = False
    at_north.login(username="nora", password="nora")
    keys_of(at_north)
    give_role(nora, "Author")
    with monkeypatch.context() as patched:
        patched.setattr(PageAdmin, "indented_title", property())
        old = at_north.cookies["sessionid"].value
        page(Site.objects.get(domain="north.test"))
        assert at_north.get("/admin/pages/page/").status_code == 500
    assert at_north.cookies["sessionid"].value == old
    assert at_north.get("/admin/").status_code == 200


def test_a_new_password_ends_the_other_sessions(nora: User, at_north: Browser, root: User) -> None:
    at_north.login(username="nora", password="nora")
    elsewhere = Browser("north.test")
    elsewhere.login(username="nora", password="nora")
    form = {"old_password": "nora", "new_password1": "a long new one 7", "new_password2": "a long new one 7"}
    old = at_north.cookies["sessionid"].value
    assert at_north.post("/admin/account/password/", form).status_code == 302
    assert at_north.cookies["sessionid"].value != old
    assert at_north.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
