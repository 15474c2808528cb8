"""A failed sign-in leaves a line with the client's address, and a count; never what was typed."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from prometheus_client import REGISTRY

from app.accounts.models import User
from tests.support.logs import Lines
from tests.support.makers import Browser


def count() -> float:
    return REGISTRY.get_sample_value("colonnade_sign_ins_failed_total") or 0.0


@pytest.mark.parametrize(
    ("username", "password"), [("nora", "planted-password"), ("planted-nobody", "planted-password"), ("sam", "sam")]
)
def test_a_failed_sign_in_is_logged_and_counted(
    nora: User, sam: User, at_north: Browser, lines: Lines, username: str, password: str
) -> None:
    before = count()
    at_north.post("/admin/login/", {"username": username, "password": password}, REMOTE_ADDR="192.0.2.7")
    (line,) = [line for line in lines() if line["event"] == "Sign-in failed"]
    assert (line["client"], line["level"], line["site_domain"]) == ("192.0.2.7", "warning", "north.test")
    assert count() == before + 1
    assert "planted" not in str(lines())


def test_a_sign_in_that_works_is_neither(nora: User, at_north: Browser, lines: Lines, north: Site) -> None:
    before = count()
    assert at_north.post("/admin/login/", {"username": "nora", "password": "nora"}).status_code == 302
    assert "Sign-in failed" not in str(lines())
    assert count() == before
