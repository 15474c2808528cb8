"""The security headers of every kind of response, on two sites."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.directory import directory
from app.tenancy.headers.inline_styles import EDITOR_HASH
from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import Browser, page
from tests.support.programs import ROOT

CSP, HSTS, PERMISSIONS = "Content-Security-Policy", "Strict-Transport-Security", "Permissions-Policy"
HEADERS = {
    "content_security_policy": {"img-src": ["https://images.example"], "frame-src": ["https://video.example"]},
    "permissions_policy": {"geolocation": ["self", "https://maps.example"]},
    "hsts_seconds": 600,
    "hsts_include_subdomains": True,
}


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


urlpatterns = [path("broken/", broken), path("", include("app.urls"))]


@pytest.fixture(autouse=True)
def platform_hsts(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60


def change(site: Site, **values: Any) -> None:
    SiteProfile.objects.filter(site=site).update(**values)
    directory.forget()


def get(host: str, path: str = "/", **options: Any) -> Any:
    return Client(HTTP_HOST=host, **options).get(path, secure=True)


def policy_of(response: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in response.headers[CSP].split("; "))
    return {name: sources for name, *sources in parts}


def site_independent(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in {"X-Site-Id", "X-Request-Id"}}


def hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_every_page_forbids_what_is_written_into_it(north: Site, south: Site, root: User, at_north: Browser) -> None:
    page(north, path="/", slug="", title="Home")
    at_north.login(username="root", password="root")
    signed_in = [at_north.get(f"/admin/{name}") for name in ("", "pages/page/", "pages/page/add/", "nowhere/")]
    for response in (*signed_in, get("north.test"), get("north.test", "/admin/login/"), get("south.test", "/no/")):
        policy = policy_of(response)
        assert policy["default-src"] == policy["form-action"] == ["'self'"]
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
        assert "unsafe" not in response.headers[CSP]
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "camera=()" in response.headers[PERMISSIONS]


def test_what_a_page_contains_is_named_by_its_hash(north: Site, root: User, at_north: Browser) -> None:
    change(north, colour="#2b6a4d")
    page(north, path="/", slug="", title="Home")
    at_north.login(username="root", password="root")
    for response in (at_north.get("/"), at_north.get("/nowhere/"), at_north.get("/admin/"), get("nowhere.test")):
        styles = re.findall(r"<style>(.*?)</style>", response.content.decode(), re.DOTALL)
        assert styles
        assert {hash_of(style) for style in styles} <= set(policy_of(response)["style-src"])
        assert not re.search(r'<script>|\sstyle="|\son[a-z]+="', response.content.decode())
    form = at_north.get("/admin/pages/page/add/")
    (map_of_modules,) = re.findall(r'<script type="importmap">(.*?)</script>', form.content.decode())
    assert policy_of(form)["script-src"] == ["'self'", hash_of(map_of_modules)]


def test_the_style_of_the_editor_is_the_one_of_the_installed_library() -> None:
    """If this fails after an update: EDITOR_HASH is the hash of the style that tiptap inserts."""
    (editor,) = ROOT.glob(".venv/lib/python3*/site-packages/django_prose_editor/static/django_prose_editor/editor.js")
    (style,) = re.findall(r"`(\.ProseMirror \{[^`]*)`", editor.read_text(encoding="utf-8"))
    assert hash_of(style) == EDITOR_HASH


def test_the_policy_of_public_pages_is_one_constant_per_site(north: Site, south: Site, nora: User) -> None:
    change(north, colour="#2b6a4d")
    page(north, path="/", slug="", title="Home")
    page(north, slug="a", title="A")
    editor = Browser("north.test")
    editor.login(username="nora", password="nora")
    visitor = Browser("north.test")
    policies = {visitor.get(path).headers[CSP] for path in ("/", "/t/", "/nowhere/", "/")}
    assert policies == {editor.get("/").headers[CSP]}
    assert policies != {Browser("south.test").get("/nowhere/").headers[CSP]}


@pytest.mark.parametrize("state", ["suspended", "archived"])
def test_early_responses_have_them(north: Site, south: Site, settings: Settings, state: str) -> None:
    settings.ROOT_URLCONF = __name__
    Alias.objects.create(site=south, host="www.south.test")
    change(north, state=state)
    closed = 503 if state == "suspended" else 410
    failing = Client(HTTP_HOST="south.test", raise_request_exception=False)
    responses = {
        get("www.north.test"): 301,
        get("www.south.test"): 301,
        get("north.test"): closed,
        get("nowhere.test"): 404,
        get("a..b"): 400,
        get("south.test", "/%00"): 404,
        get("south.test", "/nowhere/"): 404,
        failing.get("/broken/", secure=True): 500,
        Client(HTTP_HOST="south.test", enforce_csrf_checks=True).post("/admin/login/", secure=True): 403,
    }
    for response, status in responses.items():
        assert response.status_code == status
        assert response.headers[HSTS] == "max-age=60"
        assert policy_of(response)["default-src"] == ["'self'"]
        assert "camera=()" in response.headers[PERMISSIONS]
        assert "Set-Cookie" not in response.headers


def test_a_site_changes_its_public_pages_and_nothing_else(north: Site, south: Site) -> None:
    before = get("north.test")
    change(north, settings={"headers": HEADERS})
    with CaptureQueriesContext(connection) as asked:
        moved = get("www.north.test")
    assert [query for query in asked.captured_queries if "setting" in query["sql"]] != []  # the snapshot, once
    with CaptureQueriesContext(connection) as asked:
        assert get("www.north.test").headers[HSTS] == "max-age=600; includeSubDomains"
    assert len(asked) == 0
    after = get("north.test")
    assert moved.headers[HSTS] == after.headers[HSTS] == "max-age=600; includeSubDomains"
    added = {"img-src": ["'self'", "data:", "https://images.example"], "frame-src": ["'self'", "https://video.example"]}
    assert policy_of(after) == {**policy_of(before), **added}
    assert 'geolocation=(self "https://maps.example")' in after.headers[PERMISSIONS]
    assert site_independent(get("south.test")) == site_independent(before)
    admin = get("north.test", "/admin/login/")
    assert "images.example" not in admin.headers[CSP]
    assert "maps.example" not in admin.headers[PERMISSIONS]


def test_a_site_allows_frames_for_its_public_pages(north: Site) -> None:
    change(north, settings={"headers": {"content_security_policy": {"frame-ancestors": ["https://portal.example"]}}})
    shown, admin = get("north.test"), get("north.test", "/admin/login/")
    assert policy_of(shown)["frame-ancestors"] == ["https://portal.example"]
    assert "X-Frame-Options" not in shown.headers
    assert (policy_of(admin)["frame-ancestors"], admin.headers["X-Frame-Options"]) == (["'none'"], "DENY")


def test_a_listed_host_does_not_get_the_hsts_of_the_site_that_it_shows(north: Site, settings: Settings) -> None:
    settings.LISTED_HOSTS, settings.MEZZANINE_SITE_ID = ["admin.test"], north.pk
    change(north, settings={"headers": HEADERS})
    assert get("admin.test").headers[HSTS] == "max-age=60"
    assert get("north.test").headers[HSTS] == "max-age=600; includeSubDomains"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"hsts_seconds": 0}, "max-age=0"),
        ({"hsts_seconds": 5}, "max-age=5"),
        ({"hsts_include_subdomains": True}, "max-age=60; includeSubDomains"),
        (
            {"hsts_seconds": 31_536_000, "hsts_include_subdomains": True, "hsts_preload": True},
            "max-age=31536000; includeSubDomains; preload",
        ),
    ],
)
def test_a_site_has_its_own_hsts(north: Site, south: Site, headers: dict[str, Any], expected: str) -> None:
    change(north, settings={"headers": headers})
    assert get("north.test").headers[HSTS] == expected
    assert get("south.test").headers[HSTS] == "max-age=60"
    assert HSTS not in Client(HTTP_HOST="north.test").get("/").headers  # without TLS


def test_browsers_forget_it_for_a_host_that_is_served_without_tls(north: Site, south: Site, settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS, settings.SSL_REDIRECT_EXCEPT = True, frozenset({"south.test"})
    change(south, settings={"headers": HEADERS})
    assert get("north.test").headers[HSTS] == "max-age=60"
    assert get("south.test").headers[HSTS] == "max-age=0"


@pytest.mark.parametrize(
    "stored", [{"content_security_policy": {"script-src": ["*"]}}, {"hsts_seconds": "a\r\nb"}, ["x"], "text", 7]
)
def test_what_was_stored_without_its_check_has_no_effect(
    north: Site, south: Site, stored: Any, caplog: pytest.LogCaptureFixture
) -> None:
    change(north, settings={"headers": stored})
    response = get("north.test")
    assert response.status_code == 200
    assert site_independent(response) == site_independent(get("south.test"))
    assert "are not used" in caplog.text


def test_the_health_report_allows_its_own_style_only(north: Site, settings: Settings) -> None:
    settings.HEALTH_TOKEN = "t" * 32
    report = Client(HTTP_HOST="anything").get("/healthz", {"token": "t" * 32, "format": "html"})
    (style,) = re.findall(r"<style>(.*?)</style>", report.content.decode(), re.DOTALL)
    assert policy_of(report)["style-src"] == [hash_of(style)]
    assert policy_of(report)["default-src"] == ["'none'"]
    assert report.headers["Referrer-Policy"] == "no-referrer"


def test_pages_for_debugging_work(north: Site, settings: Settings) -> None:
    settings.DEBUG, settings.ROOT_URLCONF = True, __name__
    failing = Client(HTTP_HOST="north.test", raise_request_exception=False)
    assert CSP not in failing.get("/broken/").headers
