"""Asks a check, however long it hangs: one thread, one connection, and an answer within two seconds.

A probe must not wait for a database that hangs, must not start a thread per probe while it does, and must
notice at once when the database is back. So all probes of a process share the run that is under way, a run
that is stuck is left alone until it ends by itself, and while the last answer was bad nobody waits long.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from django.db import connections
from health_check.base import HealthCheck
from health_check.exceptions import HealthCheckException, ServiceUnavailable, ServiceWarning

log = logging.getLogger(__name__)

LIMIT_SECONDS = 2.0
PATIENCE_AFTER_FAILURE_SECONDS = 0.25
RUNS_PER_SECOND = 10


@dataclass(frozen=True)
class Answer:
    """What came of a check. `words` are fit for anyone's eyes."""

    error: HealthCheckException | None
    seconds: float

    @property
    def ok(self) -> bool:
        """A warning is no reason to stop serving."""
        return self.error is None or isinstance(self.error, ServiceWarning)

    @property
    def words(self) -> str:
        return "ok" if self.error is None else str(self.error.message)


@dataclass
class Run:
    started: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class Watch:
    """One check and its answers in this process."""

    def __init__(self, check: HealthCheck) -> None:
        self.check = check
        self.name: str = getattr(check, "name", type(check).__name__.lower())
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._last: Answer | None = None
        self._starts: deque[float] = deque(maxlen=RUNS_PER_SECOND)

    def begin(self) -> Run:
        """The run under way, or a new one; in a flood of questions the last answer."""
        with self._lock:
            if self._run is None:
                if self._last is not None and self._asked_often():
                    return Run(answer=self._last)
                self._run = Run()
                self._starts.append(self._run.started)
                threading.Thread(target=self._ask, args=[self._run], name=f"check-{self.name}", daemon=True).start()
            return self._run

    def answer(self, run: Run) -> Answer:
        """What comes of the run, or of waiting for it in vain."""
        last = self._last
        left = run.started + LIMIT_SECONDS - time.monotonic()
        if last is not None and not last.ok:
            left = min(left, PATIENCE_AFTER_FAILURE_SECONDS)
        if run.answer is None:
            run.done.wait(max(0.0, left))
        if run.answer is not None:
            return run.answer
        if last is not None and not last.ok:
            return last
        late = Answer(ServiceUnavailable(f"no answer within {LIMIT_SECONDS:g} s"), LIMIT_SECONDS)
        self._keep(late)
        return late

    def _asked_often(self) -> bool:
        """A flood of probes shares answers that are less than a second old."""
        return len(self._starts) == RUNS_PER_SECOND and time.monotonic() - self._starts[0] < 1.0

    def _ask(self, run: Run) -> None:
        error: HealthCheckException | None = None
        try:
            outcome = self.check.run()
            if inspect.isawaitable(outcome):
                asyncio.run(_awaited(outcome))
        except Exception as raised:  # noqa: BLE001  # whatever a check dies of, the answer is "not ok"
            error = public(self.check, raised)
        finally:
            connections.close_all()
        answer = Answer(error, time.monotonic() - run.started)
        self._keep(answer)
        with self._lock:
            run.answer, self._run = answer, None
        run.done.set()

    def _keep(self, answer: Answer) -> None:
        """Remembers, and logs when the answer turned: a probe a second must not be a line a second."""
        before, self._last = self._last, answer
        if before is not None and before.words == answer.words:
            return
        if answer.error is None:
            if before is not None:
                log.info("Health check %s is ok again", self.name)
        else:
            cause = answer.error.__cause__
            why = f" ({type(cause).__name__})" if cause is not None else ""
            log.warning("Health check %s: %s%s", self.name, answer.words, why)


async def _awaited(outcome: object) -> None:
    await outcome  # type: ignore[misc]  # asyncio.run takes coroutines only, a check may return any awaitable


def public(check: HealthCheck, raised: Exception) -> HealthCheckException:
    """The error as a report may show it.

    SECURITY: only our own checks choose their words. A library's may name hosts, users, files and keys.
    """
    own = type(check).run.__module__.startswith("app.")
    if own and isinstance(raised, HealthCheckException):
        return raised
    mild = isinstance(raised, ServiceWarning)
    shown = ServiceWarning("warning") if mild else ServiceUnavailable("unavailable")
    shown.__cause__ = raised.__cause__ or raised
    return shown
