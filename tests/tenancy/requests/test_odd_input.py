"""Bytes that only PostgreSQL refuses to compare: a stranger's odd request is a plain answer and no 500."""

from __future__ import annotations

from django.contrib.sites.models import Site

from tests.support.makers import Browser


def test_a_path_with_a_null_is_no_page(at_north: Browser) -> None:
    assert at_north.get("/a%00b").status_code == 404


def test_a_session_cookie_with_a_null_opens_no_session(north: Site) -> None:
    # How http.cookies writes, and reads, the character in a quoted value.
    browser = Browser("north.test", HTTP_COOKIE='sessionid="\\000aaaaaaaaaaaaaaa"')
    assert browser.get("/admin/login/").status_code == 200
    assert browser.get("/nothing/").status_code == 404
