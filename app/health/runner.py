"""Runs a health check within a time limit, however long it hangs.

A probe must not wait for a database that hangs, must not start a thread per probe while it does, and must notice
quickly when the database is back. So all probes of a process share the run in progress, a run that is stuck is left
alone until it ends, and after a failure nobody waits long.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from health_check.base import HealthCheck
from health_check.exceptions import HealthCheckException, ServiceUnavailable, ServiceWarning

from app.background import BackgroundCall
from app.extension import site_apps

log = logging.getLogger(__name__)

LIMIT_SECONDS = 2.0
LIMIT_AFTER_FAILURE_SECONDS = 0.25
RUNS_PER_SECOND = 10


@dataclass(frozen=True)
class Result:
    """What a check found. `message` is fit for anyone's eyes."""

    error: HealthCheckException | None
    seconds: float

    @property
    def ok(self) -> bool:
        """A warning is no reason to stop serving."""
        return self.error is None or isinstance(self.error, ServiceWarning)

    @property
    def message(self) -> str:
        return "ok" if self.error is None else str(self.error.message)


class CheckRunner:
    """One check of this process and its last result."""

    def __init__(
        self,
        check: HealthCheck,
        *,
        limit_seconds: float = LIMIT_SECONDS,
        limit_after_failure_seconds: float = LIMIT_AFTER_FAILURE_SECONDS,
    ) -> None:
        self.check = check
        self.name: str = getattr(check, "name", type(check).__name__.lower())
        self.limit_seconds, self.limit_after_failure_seconds = limit_seconds, limit_after_failure_seconds
        self._call = BackgroundCall(self._run, name=f"check-{self.name}", runs=RUNS_PER_SECOND, seconds=1.0)
        self._last: Result | None = None

    def start(self) -> Future[Result]:
        """The run in progress, or a new one; during a flood of probes the last one."""
        return self._call.start()

    def result(self, run: Future[Result]) -> Result:
        """The run's result, or that of a check that did not end in time."""
        failed = None if self._last is None or self._last.ok else self._last
        left = self._call.started + self.limit_seconds - time.monotonic()
        if failed is not None:
            left = min(left, self.limit_after_failure_seconds)
        try:
            return run.result(max(0.0, left))
        except TimeoutError:
            if failed is not None:
                return failed
            late = Result(ServiceUnavailable(f"no answer within {self.limit_seconds:g} s"), self.limit_seconds)
            self._keep(late)
            return late

    def _run(self) -> Result:
        started, error = time.monotonic(), None
        try:
            outcome = self.check.run()
            if inspect.isawaitable(outcome):
                asyncio.run(_awaited(outcome))
        except Exception as raised:  # noqa: BLE001  # whatever a check fails with, its result is "not ok"
            error = public_error(self.check, raised)
        result = Result(error, time.monotonic() - started)
        self._keep(result)
        return result

    def _keep(self, result: Result) -> None:
        """Logs only a change: one probe a second must not be one line a second."""
        before, self._last = self._last, result
        if before is not None and before.message == result.message:
            return
        if result.error is None:
            if before is not None:
                log.info("Health check %s is ok again", self.name)
        else:
            cause = result.error.__cause__
            why = f" ({type(cause).__name__})" if cause is not None else ""
            log.warning("Health check %s: %s%s", self.name, result.message, why)


def run_checks(runners: Iterable[CheckRunner]) -> dict[str, Result]:
    """Every check's result by name. They run side by side: a caller waits for the slowest, not for the sum."""
    runs = [(runner, runner.start()) for runner in runners]
    return {runner.name: runner.result(run) for runner, run in runs}


async def _awaited(outcome: Awaitable[object]) -> None:
    await outcome  # asyncio.run takes coroutines only, a check may return any awaitable


def public_error(check: HealthCheck, raised: Exception) -> HealthCheckException:
    """The error as a report may show it.

    SECURITY: only our own checks, and those that an app declares, choose their message. A library's may name hosts,
    users, files and keys.
    """
    own = type(check).run.__module__.startswith(("app.", *(f"{config.name}." for config in site_apps())))
    if own and isinstance(raised, HealthCheckException):
        return raised
    mild = isinstance(raised, ServiceWarning)
    shown = ServiceWarning("warning") if mild else ServiceUnavailable("unavailable")
    shown.__cause__ = raised.__cause__ or raised
    return shown
