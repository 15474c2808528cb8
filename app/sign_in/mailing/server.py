"""Sending mail: a server that is away is noticed before anything is changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

import structlog
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils.translation import gettext_lazy as _

log = structlog.stdlib.get_logger(__name__)
NOT_A_SERVER = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy")}
MOST_WAITING = 20
TRY_LATER = _("The mail could not be sent. Please try again later.")
_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting = threading.BoundedSemaphore(MOST_WAITING)


class MailNotSent(Exception):
    """The mail server is away, or refuses the message. The log says why."""


def is_set_up() -> bool:
    """Whether EMAIL_URL names a mail server or a folder; other mails end in the output of the process."""
    return settings.EMAIL_BACKEND not in NOT_A_SERVER


def open_connection() -> BaseEmailBackend:
    """An open connection to the mail server. Raises `MailNotSent`."""
    connection = mail.get_connection()
    with _reported():
        connection.open()
    return connection


def send(connection: BaseEmailBackend, message: EmailMessage) -> None:
    """Sends on an open connection, and closes it. Raises `MailNotSent`."""
    with _reported():
        try:
            connection.send_messages([message])
        finally:
            connection.close()


def send_soon(connection: BaseEmailBackend, messages: Sequence[EmailMessage]) -> None:
    """Sends after the response, and closes the connection. Raises `MailNotSent` if too many are waiting."""
    if not _waiting.acquire(blocking=False):
        connection.close()
        log.error("Mail not sent: too many are waiting")
        raise MailNotSent
    _executor.submit(copy_context().run, _send_all, connection, messages)


def wait_until_sent() -> None:
    """Returns when nothing waits any longer."""
    _executor.submit(lambda: None).result()


def _send_all(connection: BaseEmailBackend, messages: Sequence[EmailMessage]) -> None:
    try:
        with _reported():
            try:
                connection.send_messages(messages)
            finally:
                connection.close()
    except MailNotSent:
        return  # it is in the log
    finally:
        _waiting.release()


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:  # smtplib's errors are among them
        # Without the text: it may repeat a recipient.
        log.error("Mail not sent", error=type(error).__name__)
        raise MailNotSent from error
