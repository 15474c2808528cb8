"""Django's Redis cache, with signed entries.

An entry is a pickle: who can write one can run code in every process that reads it. Redis is often reachable
without a password from inside of a cluster, so that must take more than write access to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.cache.backends import redis
from django.utils.crypto import constant_time_compare, salted_hmac

SALT, ALGORITHM, BYTES = "app.signed_cache", "sha256", 32


class ForgedEntry(ValueError):
    """An entry that no process with this SECRET_KEY wrote."""


class SignedSerializer:
    """Numbers stay as they are, for `incr()`."""

    def __init__(self) -> None:
        self.plain = redis.RedisSerializer()

    def dumps(self, obj: object) -> bytes | int:
        if type(obj) is int:
            return obj
        data: bytes = self.plain.dumps(obj)
        return _signature(data) + data

    def loads(self, data: bytes) -> Any:
        if data.removeprefix(b"-").isdigit():
            return int(data)
        # SECURITY: before anything reads the pickle.
        if not constant_time_compare(data[:BYTES], _signature(data[BYTES:])):
            raise ForgedEntry
        return self.plain.loads(data[BYTES:])


class SignedClient(redis.RedisCacheClient):
    """A forged entry is a missing one. So is every entry from before a change of SECRET_KEY."""

    def get(self, key: Any, default: Any) -> Any:
        try:
            return super().get(key, default)
        except ForgedEntry:
            return default

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        try:
            return super().get_many(keys)
        except ForgedEntry:
            missing = object()
            found = ((key, self.get(key, missing)) for key in keys)
            return {key: value for key, value in found if value is not missing}


class RedisCache(redis.RedisCache):
    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        options = {**params.get("OPTIONS", {}), "serializer": SignedSerializer()}
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = SignedClient


def _signature(data: bytes) -> bytes:
    return salted_hmac(SALT, data, algorithm=ALGORITHM).digest()
