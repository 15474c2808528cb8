"""However long a check hangs, its watch answers in time, with one thread, and notices when it is over."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from app.health import watch as watching
from app.health.watch import Answer, Watch


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


def ask(watch: Watch) -> Answer:
    return watch.answer(watch.begin())


def test_it_works(check: Scripted) -> None:
    answer = ask(Watch(check))
    assert (answer.ok, answer.words) == (True, "ok")


def test_a_check_that_hangs_is_answered_for(check: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LIMIT_SECONDS", 0.2)
    monkeypatch.setattr(watching, "PATIENCE_AFTER_FAILURE_SECONDS", 0.05)
    watch = Watch(check)
    assert ask(watch).ok
    check.gate.clear()
    begun = time.monotonic()
    assert not ask(watch).ok
    assert 0.2 <= time.monotonic() - begun < 0.6
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as probes:
        assert not any(answer.ok for answer in probes.map(lambda _: ask(watch), range(40)))
    assert time.monotonic() - begun < 0.6
    assert check.runs == 2  # one that was fine, one that hangs
    check.gate.set()
    watch._run.done.wait() if watch._run else None
    assert ask(watch).ok


def test_a_flood_of_questions_is_a_trickle_for_the_database(check: Scripted) -> None:
    watch = Watch(check)
    begun = time.monotonic()
    answers = [ask(watch) for _ in range(500)]
    seconds = time.monotonic() - begun
    assert all(answer.ok for answer in answers)
    assert check.runs <= watching.RUNS_PER_SECOND * (seconds + 1)


def test_after_a_pause_the_next_question_is_a_new_one(check: Scripted) -> None:
    watch = Watch(check)
    assert ask(watch).ok
    check.error = ServiceUnavailable("gone")
    assert ask(watch).words == "unavailable"


def test_a_warning_is_no_failure(check: Scripted) -> None:
    check.error = ServiceWarning("nearly full")
    assert ask(Watch(check)).ok


def test_words_of_others_are_not_repeated(check: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    check.error = OSError("/secret/path of planted-host")
    assert ask(Watch(check)).words == "unavailable"
    assert "planted" not in caplog.text
    assert "OSError" in caplog.text


def test_a_turn_is_logged_once(check: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    watch = Watch(check)
    check.error = ServiceUnavailable("gone")
    for _ in range(3):
        ask(watch)
    check.error = None
    for _ in range(3):
        ask(watch)
    assert [record.getMessage() for record in caplog.records] == [
        "Health check scripted: unavailable (ServiceUnavailable)",
        "Health check scripted is ok again",
    ]
