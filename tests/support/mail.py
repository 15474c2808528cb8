"""A mail server on loopback, the messages that it got, and the links in them."""

from __future__ import annotations

import email
import queue
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from pytest_django import Settings

from app.sign_in.mailing import server
from tests.support.makers import Browser
from tests.support.programs import free_port

Response = Any  # the test client's
GOOD = "a good long password"


class Mailbox:
    """Accepts every message, except to recipients in `refused`; counts the connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: queue.Queue[bytes] = queue.Queue()
        self.connections = 0
        self.refused: set[str] = set()

    async def handle_QUIT(self, *_: Any) -> str:
        self.connections += 1
        return "221 Bye"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:
        if address in self.refused:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        self.arrived.put(envelope.original_content)
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        """What has arrived since the last call; waits for what this process still has to send."""
        server.wait_until_sent()
        found = []
        while not self.arrived.empty():
            found.append(self.next())
        return found

    def next(self) -> EmailMessage:
        """The next message; waits for it."""
        return email.message_from_bytes(self.arrived.get(timeout=20), policy=default)


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        server.wait_until_sent()
        controller.stop()


def use_smtp(settings: Settings, *, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 10


def links_in(text: str) -> list[str]:
    """The links, each of which is alone on its line."""
    return [line for line in text.splitlines() if re.fullmatch(r"https?://\S+", line)]


def opened(link: str, browser: Browser | None = None) -> Browser:
    """A browser in which a link has been opened, and has moved its key out of the address."""
    browser = browser or Browser(urlsplit(link).netloc)
    response = browser.get(link)
    assert (response.status_code, response.headers["Location"]) == (302, urlsplit(link).path)
    return browser


def submit(browser: Browser, path: str, **values: str) -> Response:
    return browser.post(path, values)
