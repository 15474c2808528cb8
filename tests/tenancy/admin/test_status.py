"""The status page, for superusers."""

from __future__ import annotations

import django
import pytest
from django.contrib.sites.models import Site

from app import __version__
from app.accounts.models import User
from tests.support.makers import Browser

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(at_north: Browser, root: User, north: Site, south: Site) -> None:
    at_north.post("/admin/login/", {"username": "root", "password": "root"})
    page = at_north.get("/admin/status/")
    assert page.status_code == 200
    text = page.content.decode()
    for word in ("database", "migrations", "storage", "directory", __version__, django.get_version()):
        assert word in text
    assert "<td>3</td>" in text.split("All sites")[1][:40]
    assert "no-store" in page.headers["Cache-Control"]
    assert b"/admin/status/" in at_north.get("/admin/").content


def test_an_editor_is_refused(at_north: Browser, nora: User) -> None:
    at_north.post("/admin/login/", {"username": "nora", "password": "nora"})
    assert at_north.get("/admin/").status_code == 200
    assert b"/admin/status/" not in at_north.get("/admin/").content
    assert at_north.get("/admin/status/").status_code == 403


def test_a_stranger_signs_in_first(at_north: Browser, north: Site) -> None:
    assert at_north.get("/admin/status/").status_code == 302
