"""The access line says who came and, when no site has the host, which host arrived."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.test import Client
from pytest_django import Settings

from tests.support.logs import Lines

INSIDE, OUTSIDE = "10.0.0.1", "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (INSIDE, "198.51.100.7", "198.51.100.7"),
        (INSIDE, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (OUTSIDE, "198.51.100.7", OUTSIDE),
        (INSIDE, "", INSIDE),
        (INSIDE, "x" * 500, "x" * 64 + "…"),
    ],
)
@pytest.mark.parametrize("host", ["north.test", "unknown.test", "-bad-"])
def test_the_client_is_the_one_that_a_trusted_proxy_names(
    north: Site, lines: Lines, host: str, peer: str, forwarded: str, client: str
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    Client(HTTP_HOST=host, REMOTE_ADDR=peer).get("/robots.txt", headers=headers)
    assert lines()[-1]["client"] == client


@pytest.mark.parametrize("host", ["unknown.test", "-bad-", "under_score.test", "a\x1b[31m.test", "x" * 1000])
def test_a_host_that_no_site_has_is_in_the_line(north: Site, lines: Lines, host: str) -> None:
    Client(HTTP_HOST=host, REMOTE_ADDR=INSIDE).get("/", headers={"X-Forwarded-Host": "other.test"})
    line = lines()[-1]
    assert line["host"].startswith(host[:4].replace("\x1b", "\\x1b"))
    assert line["host"].isprintable()
    assert len(line["host"]) < 300
    assert line["forwarded_host"] == "other.test"


def test_a_hosts_site_needs_no_host_in_the_line(north: Site, lines: Lines) -> None:
    Client(HTTP_HOST="north.test", REMOTE_ADDR=INSIDE).get("/")
    assert "host" not in lines()[-1]


def test_the_length_of_the_body(north: Site, lines: Lines, settings: Settings) -> None:
    response = Client(HTTP_HOST="north.test").get("/admin/login/")
    assert lines()[-1]["bytes"] == len(response.content)
