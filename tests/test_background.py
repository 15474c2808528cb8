"""One run at a time, shared by its callers."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.background import BackgroundCall


def test_it_works() -> None:
    call = BackgroundCall(lambda: 7, name="seven", runs=1, seconds=0)
    assert call.start().result() == 7


def test_callers_share_a_run_that_hangs() -> None:
    gate, threads = threading.Event(), list[int]()

    def hang() -> str:
        threads.append(threading.get_ident())
        gate.wait()
        return "done"

    call = BackgroundCall(hang, name="hang", runs=10, seconds=0)
    with ThreadPoolExecutor(8) as callers:
        runs = set(callers.map(lambda _: call.start(), range(40)))
    (run,) = runs
    with pytest.raises(TimeoutError):
        run.result(0)
    gate.set()
    assert run.result() == "done"
    assert len(threads) == 1
    assert call.start() is not run


def test_above_the_limit_callers_get_the_last_run() -> None:
    numbers = iter(range(100))
    call = BackgroundCall(lambda: next(numbers), name="count", runs=3, seconds=3600)
    assert [call.start().result() for _ in range(6)] == [0, 1, 2, 2, 2, 2]


def test_an_error_reaches_the_callers_and_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    call = BackgroundCall(fail, name="failing", runs=10, seconds=1)
    with pytest.raises(RuntimeError, match="broken"):
        call.start().result()
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.ERROR, "failing failed")]
