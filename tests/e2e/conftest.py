"""A real server with the demo's sites, and a real browser that watches what every page does.

The fixtures live as long as this folder's tests: while Playwright runs, an event loop is running in this thread,
and Django's ORM refuses to work beside one. So there is no ORM here: `manage.py` and HTTP only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.support.commands import managed
from tests.support.databases import collected_static, demo_in
from tests.support.mail import Mailbox, running_mailbox
from tests.support.programs import program
from tests.support.server import serving

#: Sites beside the demo's, in colours that are hard to write on or with.
HARD_COLOURS = {"lemon": "#f5e663", "snow": "#ffffff", "coal": "#000000", "leaf": "#00ff00", "ink": "#0000ff"}


@dataclass(frozen=True)
class Server:
    port: int
    settings: dict[str, str] = field(default_factory=dict)

    def url(self, site: str, path: str = "/") -> str:
        return f"http://{site}.localhost:{self.port}{path}"


@dataclass
class Watch:
    """What no page may do: complain on the console, miss a file, or ask anybody but us."""

    faults: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda fault: self.faults.append(f"script: {fault.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A page's own status is each test's business, and a missing file is told by _response.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in {"data", "blob"} and not (where.hostname or "").endswith(".localhost"):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="package")
def mailbox() -> Iterator[Mailbox]:
    """The mail server of `server`."""
    with running_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="package")
def server(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("e2e")
    declared = folder / "sites.yaml"
    sites = {key: {"domain": f"{key}.localhost", "name": key.title(), "colour": c} for key, c in HARD_COLOURS.items()}
    sites["closed"] = {"domain": "closed.localhost", "name": "Closed", "state": "suspended"}
    sites["moving"] = {"domain": "before.localhost", "name": "Moving"}
    declared.write_text(json.dumps({"sites": sites}), encoding="utf-8")
    env = {**demo_in(folder), **collected_static(), "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}"}
    managed("sync_sites", str(declared), **env)
    with serving(folder, **env) as server:
        yield Server(server.port, env)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes people with a browser of their own: cookies, window and colour scheme. Whatever they do is watched."""
    watch = Watch()
    contexts: list[BrowserContext] = []

    def make(*, width: int = 1280, scheme: Any = "light") -> BrowserContext:
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        context.set_default_timeout(10_000)
        watch.over(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert watch.faults == []


@pytest.fixture
def tab(person: Callable[..., BrowserContext]) -> Page:
    return person().new_page()
