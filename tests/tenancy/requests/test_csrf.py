"""A refused form: the page blames the form only if it is at fault, and the log names the setting if not."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.test import Client

from app.tenancy.models import Alias
from tests.support.logs import Lines


@pytest.fixture
def sites(north: Site, south: Site) -> None:
    Alias.objects.create(site=south, host="shop.south.test", redirect=False)


def post(**headers: str) -> tuple[str, str]:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="north.test", REMOTE_ADDR="10.0.0.1")
    response = client.post("/admin/login/", {"username": "nora"}, headers=headers)
    assert response.status_code == 403
    assert response.headers["Cache-Control"] == "no-store"
    return response.content.decode(), headers.get("X-Forwarded-Proto", "http")


@pytest.mark.parametrize(
    ("headers", "fault", "setting", "title"),
    [
        ({"Origin": "https://north.test"}, "scheme", "X-Forwarded-Proto", "not set up completely"),
        ({"Origin": "http://south.test"}, "host", "X-Forwarded-Host", "not set up completely"),
        ({"Origin": "http://shop.south.test"}, "host", "TRUSTED_PROXIES", "not set up completely"),
        ({"Origin": "http://north.test:8443"}, "host", "X-Forwarded-Host", "not set up completely"),
        ({"Origin": "https://evil.example"}, "origin", "does not serve", "another website"),
        ({"Origin": "null"}, "origin", "does not serve", "another website"),
        ({"X-Forwarded-Proto": "https"}, "referer", "Referer", "hides where the form comes from"),
        ({"X-Forwarded-Proto": "https", "Referer": "http://north.test/"}, "scheme", "TRUSTED_PROXIES", "not set up"),
        ({"X-Forwarded-Proto": "https", "Referer": "https://south.test/?q=planted"}, "host", "Host", "not set up"),
        ({"X-Forwarded-Proto": "https", "Referer": "https://evil.example/"}, "origin", "serve", "another website"),
        ({}, "token", "cookies", "out of date"),
        ({"Origin": "http://north.test"}, "token", "cookies", "out of date"),
        ({"Origin": "http://" + "x" * 3000 + "\x1b[31m"}, "origin", "does not serve", "another website"),
    ],
)
def test_it_works(sites: None, lines: Lines, headers: dict[str, str], fault: str, setting: str, title: str) -> None:
    page, scheme = post(**headers)
    (line,) = [line for line in lines() if "fault" in line]
    assert line["fault"] == fault
    assert setting in line["event"]
    assert line["expected"] == f"{scheme}://north.test"
    assert len(line["origin"]) < 300
    assert "planted" not in str(line)
    assert line["origin"].isprintable()
    assert title in page
