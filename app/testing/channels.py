"""Where something of a site can turn up besides the response: logs, mails, the cache, names of files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core import mail
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.storage import InMemoryStorage

from app.observability.logs import LineFormatter


@dataclass
class Channels:
    """What was written and read since the last `start()`, by kind."""

    seen: list[tuple[str, str]] = field(default_factory=list)

    def start(self) -> None:
        self.seen.clear()
        mail.outbox = []

    def note(self, kind: str, text: str) -> None:
        self.seen.append((kind, text))

    def all(self) -> Iterator[tuple[str, str]]:
        yield from self.seen
        for message in mail.outbox:
            yield "a mail", str(message.message())


channels = Channels()


class WatchedCache(LocMemCache):
    """A cache of this process that notes keys and values."""

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        channels.note("a cache entry that was written", f"{key} {value!r}")
        return super().add(key, value, *args, **kwargs)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        channels.note("a cache entry that was written", f"{key} {value!r}")
        super().set(key, value, *args, **kwargs)

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        value = super().get(key, *args, **kwargs)
        channels.note("a cache entry that was read", f"{key} {value!r}")
        return value


class WatchedStorage(InMemoryStorage):
    """Files in memory, whose names are noted when they are opened or saved."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        channels.note("the name of a file that was opened", name)
        return super()._open(name, mode)  # type: ignore[misc]  # missing from the stubs

    def _save(self, name: str, content: Any) -> Any:
        channels.note("the name of a file that was saved", name)
        return super()._save(name, content)  # type: ignore[misc]  # as above


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        channels.note("a log line", self.format(record))


@contextmanager
def watched_logs() -> Iterator[None]:
    """Inside the block all lines are noted, as the product writes them, from INFO on."""
    handler = _Lines(logging.INFO)
    handler.setFormatter(LineFormatter("json"))
    root, before = logging.getLogger(), logging.getLogger().level
    others = root.handlers[:]
    root.handlers[:] = [*(h for h in others if type(h).__module__.startswith("_pytest")), handler]
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.handlers[:] = others
        root.setLevel(before)
