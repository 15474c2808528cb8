"""A provider that is away: a page that says so, in bounded time."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

import pytest
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in.oidc import http
from app.sign_in.oidc import provider as own
from tests.oidc_provider.client import Provider, running_provider
from tests.sign_in.oidc.steps import begin, is_signed_in, link, reasons
from tests.support.logs import Lines
from tests.support.makers import Browser
from tests.support.programs import frozen

HOUR = 3600


@pytest.fixture(autouse=True)
def linked(provider: Provider, nora: User) -> None:
    link(nora, "nora")


def test_before_the_visit(at_north: Browser, settings: Settings, lines: Lines) -> None:
    settings.OIDC_URL = "http://127.0.0.1:1"
    response = at_north.post("/admin/login/oidc/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert "does not respond" in response.content.decode()
    assert reasons(lines) == ["ConnectionError"]


def test_during_the_visit(provider: Provider, at_north: Browser, lines: Lines) -> None:
    back = provider.visit(begin(at_north), "nora")
    provider.faults(status=503)
    assert at_north.get(back).status_code == 503
    assert reasons(lines) == ["status_503"]
    assert not is_signed_in(at_north)


def test_it_hangs(
    at_north: Browser, settings: Settings, lines: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(http, "SECONDS", 0.2)
    with running_provider(tmp_path) as hanging:
        settings.OIDC_URL = hanging.url
        own.forget()
        with frozen(hanging.pid):
            assert at_north.post("/admin/login/oidc/").status_code == 503
    assert reasons(lines) == ["ReadTimeout"]


@pytest.mark.parametrize("head", ["Content-Length: 9999", "Content-Type: text/plain"])
def test_it_sends_a_byte_at_a_time(
    at_north: Browser, settings: Settings, lines: Lines, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    monkeypatch.setattr(http, "SECONDS", 0.2)
    is_over = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(9999)
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        with suppress(OSError):  # the client went away, as it should
            while not is_over.wait(0.02):
                connection.sendall(b" ")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        settings.OIDC_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
        own.forget()
        assert at_north.post("/admin/login/oidc/").status_code == 503
        is_over.set()
        thread.join()
    assert reasons(lines) == ["timeout"]


def test_something_else_is_there(provider: Provider, at_north: Browser, settings: Settings) -> None:
    settings.OIDC_URL = f"{provider.url}/users"
    assert at_north.post("/admin/login/oidc/").status_code == 502
