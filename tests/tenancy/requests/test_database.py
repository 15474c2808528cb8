"""A database that is lost during a request: an anonymous GET is tried once more; never 500."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import Client, override_settings
from django.urls import path

from app.accounts.models import User
from app.tenancy.requests import database
from tests.support.logs import Lines
from tests.support.makers import Browser

LOST = OperationalError("the server closed the connection unexpectedly")


class Site:
    """In place of the middlewares that choose the site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast("Any", request).tenancy = SimpleNamespace(site=None, repeated=False)
        return self.get_response(request)


class View:
    """Fails as often as it is given errors."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.errors: list[Exception] = []
        self.calls = 0
        self.late = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.calls += 1
        if self.late:
            return TemplateResponse(request, cast("Any", SimpleNamespace(render=self._render)))
        return HttpResponse(self._render())

    def _render(self, *_: object) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "page"


view = View()
urlpatterns = [path("", lambda request: view(request))]


@pytest.fixture
def client() -> Iterator[Client]:
    view.reset()
    with override_settings(
        ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.Site", "app.tenancy.requests.database.DatabaseMiddleware"]
    ):
        yield Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the loss: there is none in this thread."""
    closed = SimpleNamespace(connection=None, in_atomic_block=False, close=lambda: None)
    monkeypatch.setattr(database, "connections", SimpleNamespace(all=lambda **_: [closed]))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("error", [LOST, InterfaceError("connection already closed")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_works(client: Client, lines: Lines, method: str, error: Exception, late: bool) -> None:
    view.errors, view.late = [error], late
    response = client.generic(method, "/")
    assert (response.status_code, view.calls) == (200, 2)
    assert not [line for line in lines() if line["level"] == "error" and line["event"] != "request"]


@pytest.mark.parametrize("late", [False, True])
def test_it_is_tried_only_once_more(client: Client, lines: Lines, late: bool) -> None:
    view.errors, view.late = [LOST, LOST, LOST], late
    response = client.get("/")
    assert (response.status_code, response.headers["Retry-After"], view.calls) == (503, "5", 2)
    assert not [line for line in lines() if line["level"] == "error" and line["event"] != "request"]


def test_a_request_that_changes_something_is_not_repeated(client: Client) -> None:
    view.errors = [LOST]
    response = client.post("/")
    assert (response.status_code, view.calls) == (503, 1)
    assert b"Check whether" in response.content


def test_a_request_with_a_session_is_not_repeated(client: Client) -> None:
    view.errors = [LOST]
    client.cookies["sessionid"] = "x" * 32
    assert (client.get("/").status_code, view.calls) == (503, 1)


@pytest.mark.parametrize("error", [ProgrammingError("no such column"), ValueError("other")])
def test_an_error_of_ours_stays_one(client: Client, error: Exception) -> None:
    view.errors = [error]
    assert (client.get("/").status_code, view.calls) == (500, 1)


def test_an_error_of_the_second_call_is_reported(client: Client) -> None:
    view.errors = [LOST, ValueError("other")]
    assert (client.get("/").status_code, view.calls) == (500, 2)


def test_a_statement_that_fails_on_a_working_connection_is_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = SimpleNamespace(connection=SimpleNamespace(closed=False), in_atomic_block=False, close=lambda: None)
    monkeypatch.setattr(database, "connections", SimpleNamespace(all=lambda **_: [works]))
    view.errors = [OperationalError("canceling statement due to statement timeout")]
    assert (client.get("/").status_code, view.calls) == (500, 1)


@pytest.mark.parametrize("cause", [{"sqlstate": "25006"}, {"sqlite_errorname": "SQLITE_READONLY_DBMOVED"}])
def test_a_database_that_accepts_no_changes_is_named(client: Client, cause: dict[str, str]) -> None:
    error = InternalError("cannot execute UPDATE in a read-only transaction")
    error.__cause__ = type("Driver", (Exception,), cause)()
    view.errors = [error]
    response = client.post("/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert b"Nothing was saved" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "function", ["middleware.permitted_choice", "sessions.SessionMiddleware.process_request", "sessions.tenancy_of"]
)
def test_the_database_of_the_sessions_is_lost(nora: User, at_north: Browser, function: str) -> None:
    at_north.force_login(nora)
    with mock.patch(f"app.tenancy.requests.{function}", side_effect=LOST):
        assert at_north.get("/admin/").status_code == 503
