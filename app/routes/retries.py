"""Writes that the API server did not accept, and when each is tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from dataclasses import dataclass

from app.routes.template import Kind

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, MOST_RETRY_SECONDS = 2.0, 300.0

Id = tuple[Kind, str]


@dataclass(slots=True)
class _Retry:
    content: str
    at: float
    seconds: float
    message: str


class Retries:
    """By object. `content` tells two writes of one object apart: another content is tried at once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._retries: dict[Id, _Retry] = {}

    def __contains__(self, which: Id) -> bool:
        return which in self._retries

    @property
    def due_at(self) -> float:
        """When the next one is tried again."""
        return min((retry.at for retry in self._retries.values()), default=float("inf"))

    def waiting(self, which: Id, content: str) -> str:
        """Why this write is not tried yet; empty if it may be."""
        retry = self._retries.get(which)
        return retry.message if retry is not None and retry.content == content and self._clock() < retry.at else ""

    def defer(self, which: Id, content: str, message: str, most: float = MOST_RETRY_SECONDS) -> None:
        """To be tried again after a pause that grows up to `most` seconds."""
        before = self._retries.get(which)
        seconds = min(most, before.seconds * 2) if before else FIRST_RETRY_SECONDS
        if before is None or before.message != message:
            log.warning("Not done, and tried again later: %s", message)
        self._retries[which] = _Retry(content, self._clock() + seconds, seconds, message)

    def done(self, which: Id) -> None:
        self._retries.pop(which, None)

    def forget_others(self, known: Container[Id]) -> None:
        """All but these: they need no write."""
        self._retries = {which: retry for which, retry in self._retries.items() if which in known}
