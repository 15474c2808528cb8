"""Who may read the report."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from unittest import mock

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from app.health import report

TOKEN = "planted-health-token"


@pytest.fixture(autouse=True)
def token(settings: Settings) -> str:
    settings.HEALTH_TOKEN = TOKEN
    return TOKEN


def may_read(path: str = "/healthz", peer: str = "10.0.0.1", **headers: str) -> bool:
    return report.may_read(RequestFactory(REMOTE_ADDR=peer).get(path, headers=headers))


@pytest.fixture
def compared() -> Iterator[mock.Mock]:
    with mock.patch.object(report, "compare_digest", side_effect=secrets.compare_digest) as spy:
        yield spy


def test_it_works() -> None:
    assert may_read()
    assert not may_read(peer="203.0.113.9")
    assert may_read(peer="203.0.113.9", authorization=f"Bearer {TOKEN}")


@pytest.mark.parametrize(
    "header",
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-new", "forwarded", "via", "x-real-ip"],
)
def test_a_client_behind_a_proxy_is_not_inside(header: str) -> None:
    assert not may_read(**{header: "203.0.113.9"})


def test_a_token_is_compared_in_constant_time(compared: mock.Mock) -> None:
    assert not may_read(peer="203.0.113.9", authorization=f"Bearer {TOKEN[:-1]}")
    assert mock.call(TOKEN[:-1].encode(), TOKEN.encode()) in compared.call_args_list
    compared.side_effect = lambda *_: True
    assert may_read(peer="203.0.113.9"), "nothing else decides"
