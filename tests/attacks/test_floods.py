"""Hosts that no site has, thousands of them: no query, and no memory that grows."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.observability import access, metrics
from app.pagecache.direct import MOST_KINDS
from tests.support.wsgi import Server, environ_of

MANY, FIRST = 10_000, 1_500
BYTES = 2 * 2**20


def flood(server: Server, first: int, number: int) -> set[int]:
    """The statuses of requests for hosts and addresses that differ."""
    names = (f"h{index}.{'x' * (index % 50 + 1)}.example" for index in range(first, first + number))
    return {server.send(environ_of(name, f"/{name}"))[0] for name in names}


def test_ten_thousand_unknown_hosts_cost_no_query_and_no_memory(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access.logger, "propagate", False)  # pytest keeps every line
    server.get("north.test")
    flood(server, 0, FIRST)  # fills what is bounded
    gc.collect()
    tracemalloc.start()
    try:
        with CaptureQueriesContext(connection) as queries:
            assert flood(server, FIRST, MANY) == {404}
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(queries) == 0
    assert grown < BYTES
    assert len(server.front.direct._added) < 5 < MOST_KINDS
    labels = {tuple(sample.labels) for family in metrics.HOSTS_REFUSED.collect() for sample in family.samples}
    assert labels == {("reason",)}
