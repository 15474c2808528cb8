"""Pages that the WSGI layer stores for one site are never sent on another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import RequestFactory

from app.pagecache.front import Front
from app.pagecache.store import Pages
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings
from app.testing.surface import Pattern, addresses, patterns
from app.testing.visitors import Host, Request, Result, Visitors

OPEN = [pattern for pattern in patterns() if not pattern.view.startswith("admin:")]
#: The same page twice: made, then from the store.
ORDERS: tuple[tuple[Host, ...], ...] = (("b", "b", "a", "a"), ("a", "a", "b", "b"))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("pattern", OPEN, ids=lambda pattern: pattern.view)
def test_a_stored_page(
    pattern: Pattern, order: tuple[Host, ...], twins: Twins, visitors: Visitors, findings: Findings
) -> None:
    front = Front(get_wsgi_application(), {}, Pages(seconds=300, most_bytes=2**22, shared=None))
    with undone(), kept_connections():
        for address in addresses(pattern, twins):
            request = Request(pattern.view, address)
            for host in order:
                visitor = visitors["anonymous", host]
                findings.check(visitor, request, sent(front, visitor.name, address))


@contextmanager
def kept_connections() -> Iterator[None]:
    """Inside the block, the end of a request does not close the connection that holds the rows."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def sent(front: Front, host: str, address: str) -> Result:
    begun: list[Any] = []

    def start(*arguments: Any) -> Any:
        begun[:] = arguments

    environ = RequestFactory(HTTP_HOST=host).get(address).environ
    body = b"".join(front(environ, start)).decode("utf-8", "replace")
    status, headers, *_ = begun
    return Result(int(status.split()[0]), dict(headers), body)
