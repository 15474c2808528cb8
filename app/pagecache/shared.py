"""The pages that all processes share, in Redis: a new process starts with them. Without Redis nothing is lost."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import extra_apps
from app.pagecache.entry import Address, Entry, State, read, written

log = logging.getLogger(__name__)

# Half for a connection and half for the response: a page that is made takes less than a Redis that is slow.
TIMEOUT_SECONDS = 0.025
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0


class SharedPages:
    """`get` and `put` never raise. After a fault they do nothing for a while, so that it costs one request 50 ms."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._pause, self._resume_at = 0.0, 0.0
        self._trying = threading.Lock()

    def get(self, address: Address, state: State, *, seconds: float) -> Entry | None:
        text = self._call(lambda: self._client.get(key_of(address, state)))
        return read(text, address, state, seconds=seconds) if isinstance(text, bytes) else None

    def put(self, address: Address, entry: Entry, *, seconds: float) -> None:
        milliseconds = max(1, int(seconds * 1000))
        self._call(lambda: self._client.set(key_of(address, entry.state), written(address, entry), px=milliseconds))

    def _call(self, call: Any) -> Any:
        if not self._resume_at:
            return self._try(call)
        # After a fault one request finds out whether Redis is back; the others do not wait for it.
        if time.monotonic() < self._resume_at or not self._trying.acquire(blocking=False):
            return None
        try:
            return self._try(call)
        finally:
            self._trying.release()

    def _try(self, call: Any) -> Any:
        try:
            result = call()
        except redis.RedisError as error:
            self._pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, 2 * self._pause))
            self._resume_at = time.monotonic() + self._pause
            log.warning("Redis holds no pages now (%s); next attempt in %.0f s", type(error).__name__, self._pause)
            return None
        self._pause = self._resume_at = 0.0
        return result


def key_of(address: Address, state: State) -> str:
    """Holds everything that a page depends on: the release and its settings, the address, the site, its content."""
    whole = json.dumps([release(), address, list(state.site), state.version], default=str)
    return f"colonnade:page:{hashlib.sha256(whole.encode()).hexdigest()}"


@cache
def release() -> str:
    """Differs between two versions of the code, the templates, the static files or the settings."""
    digest = hashlib.sha256()
    folder = Path(__file__).resolve().parent.parent
    folders = [folder, *extra_apps.folders(), *(theme.folder for theme in settings.THEMES.values())]
    kinds = ("*.py", "*.html", "*.toml")
    files = sorted({path for each in folders for pattern in kinds for path in each.rglob(pattern)})
    for path in [*files, Path(settings.STATIC_ROOT or folder) / "staticfiles.json"]:
        if path.is_file():
            digest.update(path.read_bytes())
    for name in dir(settings):
        if name.isupper():
            try:
                digest.update(f"{name}={json.dumps(getattr(settings, name), sort_keys=True)}\n".encode())
            except TypeError:
                continue  # an object; it is made from other settings
    return digest.hexdigest()


def connect() -> SharedPages | None:
    """The Redis of CACHE_URL; None if that is a cache of one process."""
    cache_settings = settings.CACHES["default"]
    if not settings.CACHE_IS_SHARED:
        return None
    options = {**cache_settings.get("OPTIONS", {})}
    options.update(socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0))
    release()  # while the server starts, not in the first request
    return SharedPages(redis.Redis.from_url(cache_settings["LOCATION"][0], **options))
