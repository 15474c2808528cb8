"""`ADMIN_HOSTS`: where the admin is served, and that nothing gives it away elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, re_path
from pytest_django import Settings

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Membership, SiteProfile
from tests.support.commands import call
from tests.support.makers import Browser, page
from tests.support.variables import settings_from

ADMIN = "admin.test"
SWITCH = "/admin/switch-site/"
UNKNOWN = "/nowhere/"
PATHS = (
    "/admin",
    "/admin/",
    "/admin/login/",
    "/admin/pages/page/",
    "/admin/jsi18n/",
    "/admin/nowhere/",
    "/admin/r/1/1/",
    "/admin/account/",
    "/admin/tools/report/",
)


def account(request: HttpRequest) -> HttpResponse:
    return HttpResponse("an app's own page of the admin")


#: Pages of the admin that other apps bring, in the ways in which they can be mounted.
urlpatterns = [
    path("admin/account/", account),
    path("", include([re_path(r"^admin/tools/report/$", account), path("hello/", account)])),
    path("", include("app.urls")),
]


@pytest.fixture(autouse=True)
def admin_hosts(settings: Settings, north: Site) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = [ADMIN]
    settings.MEZZANINE_SITE_ID = north.pk


@pytest.fixture
def editor(nora: User, north: Site, south: Site) -> Browser:
    """nora, with a role on both sites, signed in on the admin's host."""
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
        Page.objects.create(title="Home of South", status="published")
    browser = Browser(ADMIN)
    assert browser.post("/admin/login/", {"username": "nora", "password": "nora"}).status_code == 302
    return browser


def told(response: Any, path: str) -> tuple[Any, ...]:
    """All that a client learns, apart from what names the path itself."""
    volatile = {"X-Request-Id"}
    headers = {name: value for name, value in response.headers.items() if name not in volatile}
    return response.status_code, headers, response.content.decode().replace(path, ""), dict(response.cookies)


def test_one_variable_is_enough() -> None:
    found = settings_from(ADMIN_HOSTS="Admin.Example.", ALLOWED_HOSTS="other.example")
    assert found["ADMIN_HOSTS"] == ["admin.example"]
    assert found["LISTED_HOSTS"] == ["other.example", "admin.example"]
    assert settings_from()["ADMIN_HOSTS"] == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "head", "post", "options"])
@pytest.mark.parametrize("published", [True, False])
def test_elsewhere_it_is_an_unknown_path(north: Site, south: Site, method: str, path: str, published: bool) -> None:
    if published:
        page(south, path="/", slug="", title="Home")
    unknown = UNKNOWN if path.endswith("/") else UNKNOWN.rstrip("/")
    for host in ("north.test", "south.test"):
        visitor = Client(HTTP_HOST=host)
        expected = told(getattr(visitor, method)(unknown), unknown)
        assert told(getattr(visitor, method)(path), path) == expected
        assert expected[0] in {404, 405}


def test_its_own_host_serves_it(editor: Browser, north: Site) -> None:
    for address in ("/admin/", "/admin/pages/page/", "/admin/account/", "/admin/tools/report/"):
        assert editor.get(address).status_code == 200
    assert Client(HTTP_HOST=ADMIN).get("/admin").headers["Location"] == "/admin/"


def test_without_the_setting_every_host_serves_it(settings: Settings, north: Site, south: Site) -> None:
    settings.ADMIN_HOSTS = []
    for host in ("north.test", "south.test", ADMIN):
        assert Client(HTTP_HOST=host).get("/admin/login/").status_code == 200
        assert Client(HTTP_HOST=host).get("/admin/account/").status_code == 200


def test_other_urls_stay(north: Site) -> None:
    for host in ("north.test", ADMIN):
        assert Client(HTTP_HOST=host).get("/hello/").status_code == 200


def test_a_site_is_chosen_and_previewed_there(editor: Browser, north: Site, south: Site) -> None:
    assert editor.get("/admin/").headers["X-Site-Id"] == str(north.pk)
    assert editor.post(SWITCH, {"site_id": south.pk}).status_code == 302
    overview = editor.get("/admin/")
    assert (overview.headers["X-Site-Id"], overview.headers["X-Site-Source"]) == (str(south.pk), "session")
    assert re.search(r'href="http://south\.test/"[^>]*>View site', overview.content.decode())
    preview = editor.get("/")
    assert b"Home of South" in preview.content
    assert f'action="{SWITCH}"'.encode() in preview.content
    assert "no-store" in preview.headers["Cache-Control"]


def test_a_session_from_before_the_setting_chooses_nothing_elsewhere(
    settings: Settings, nora: User, north: Site, south: Site
) -> None:
    settings.ADMIN_HOSTS = []
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    browser = Browser("north.test")
    browser.login(username="nora", password="nora")
    browser.post(SWITCH, {"site_id": south.pk})
    assert browser.get("/").headers["X-Site-Id"] == str(south.pk)
    settings.ADMIN_HOSTS = [ADMIN]
    response = browser.get("/")
    assert (response.headers["X-Site-Id"], response.headers["X-Site-Source"]) == (str(north.pk), "host")
    assert b"/admin/" not in response.content
    assert browser.get("/admin/").status_code == 404


def test_a_welcome_page_links_to_the_admin_only_where_it_is(north: Site) -> None:
    assert b"/admin/" not in Client(HTTP_HOST="north.test").get("/").content
    assert b"/admin/" in Client(HTTP_HOST=ADMIN).get("/").content


@pytest.mark.parametrize(("state", "status"), [("suspended", 503), ("archived", 410)])
def test_a_closed_site_is_closed_elsewhere(nora: User, north: Site, state: str, status: int) -> None:
    SiteProfile.objects.filter(site=north).update(state=state)
    directory.forget()
    for address in ("/admin/", "/admin/login/", UNKNOWN):
        assert Client(HTTP_HOST="north.test").get(address).status_code == status
    assert Client(HTTP_HOST=ADMIN).get("/admin/login/").status_code == 200


@pytest.mark.parametrize("host", ["north.test", "edit.north.test"])
def test_it_may_be_a_domain_or_an_alias_of_a_site(settings: Settings, north: Site, south: Site, host: str) -> None:
    """An alias that redirects would lead to a host without an admin."""
    call("sites", "alias", "north.test", "edit.north.test", "--allow-reserved")
    settings.ADMIN_HOSTS = [host]
    assert Client(HTTP_HOST=host).get("/admin/login/").status_code == 200
    for other in {"north.test", "south.test"} - {host}:
        assert Client(HTTP_HOST=other).get("/admin/login/").status_code == 404
    assert Client(HTTP_HOST="www.north.test").get("/admin/login/").headers["Location"] == (
        "http://north.test/admin/login/"
    )
