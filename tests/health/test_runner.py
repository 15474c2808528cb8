"""However long a check hangs, its runner returns in time, uses one thread, and notices when it is over."""

from __future__ import annotations

import dataclasses
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from app.health.runner import CheckRunner, Result


@dataclasses.dataclass(repr=False)
class Scripted(HealthCheck):
    """Waits for `gate`, then raises `error` if it has one."""

    gate: threading.Event = dataclasses.field(default_factory=threading.Event)
    error: Exception | None = None
    runs: int = 0
    name = "scripted"

    def run(self) -> None:
        self.runs += 1
        self.gate.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def check() -> Scripted:
    made = Scripted()
    made.gate.set()
    return made


def run(runner: CheckRunner) -> Result:
    return runner.result(runner.start())


def test_it_works(check: Scripted) -> None:
    result = run(CheckRunner(check))
    assert (result.ok, result.message) == (True, "ok")


def test_a_check_that_hangs_has_a_result_before_it_ends(check: Scripted) -> None:
    runner = CheckRunner(check, limit_seconds=0.2, limit_after_failure_seconds=0.05)
    assert run(runner).ok
    check.gate.clear()
    assert run(runner).message == "no answer within 0.2 s"
    with ThreadPoolExecutor(8) as probes:
        assert not any(result.ok for result in probes.map(lambda _: run(runner), range(40)))
    assert check.runs == 2  # one that was fine, one that hangs
    hanging = runner.start()
    assert not hanging.done()
    check.gate.set()
    assert hanging.result().ok
    assert run(runner).ok


def test_after_a_failure_the_last_result_is_used_early(check: Scripted) -> None:
    check.error = ServiceUnavailable("gone")
    runner = CheckRunner(check, limit_seconds=3600, limit_after_failure_seconds=0)
    assert not runner.start().result().ok
    check.gate.clear()
    assert run(runner).message == "unavailable"  # without the shorter limit this would wait for an hour
    check.gate.set()


def test_each_run_checks_again(check: Scripted) -> None:
    runner = CheckRunner(check)
    assert run(runner).ok
    check.error = ServiceUnavailable("gone")
    assert run(runner).message == "unavailable"


def test_a_warning_is_not_a_failure(check: Scripted) -> None:
    check.error = ServiceWarning("nearly full")
    assert run(CheckRunner(check)).ok


def test_messages_of_others_are_not_repeated(check: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    check.error = OSError("/secret/path of planted-host")
    assert run(CheckRunner(check)).message == "unavailable"
    assert "planted" not in caplog.text
    assert "OSError" in caplog.text


def test_only_a_change_is_logged(check: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    runner = CheckRunner(check)
    check.error = ServiceUnavailable("gone")
    for _ in range(3):
        run(runner)
    check.error = None
    for _ in range(3):
        run(runner)
    assert [record.getMessage() for record in caplog.records] == [
        "Health check scripted: unavailable (ServiceUnavailable)",
        "Health check scripted is ok again",
    ]
