"""Who can write to Redis, and does not know SECRET_KEY, can neither run code nor change a value."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import override_settings

from app import service_urls
from app.signed_cache import RedisCache
from tests.support.programs import free_port, program, running

pytestmark = [pytest.mark.process, pytest.mark.service("redis")]


class Bomb:
    """Creates a file when it is read from a pickle."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [str(program("redis-server")), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([*command, "--dir", str(folder)], port=port, log=folder / "log"):
        yield port


@pytest.fixture
def raw(port: int) -> redis.Redis:
    client = redis.Redis(port=port)
    client.flushall()
    return client


@pytest.fixture
def cache(port: int) -> RedisCache:
    """As the settings make it."""
    made = service_urls.cache(f"redis://127.0.0.1:{port}/0").settings
    assert made["BACKEND"] == "app.signed_cache.RedisCache"
    return RedisCache(made["LOCATION"], {"OPTIONS": made["OPTIONS"]})


@pytest.mark.parametrize("value", ["text", 0, -7, 10**30, 1.5, True, None, {"a": [1, (2,)]}, b"12", ""])
def test_it_works(value: object, cache: RedisCache, raw: redis.Redis) -> None:
    cache.set("a", value)
    assert cache.get("a", "missing") == value
    assert type(cache.get("a")) is type(value)
    assert cache.get_many(["a", "b"]) == {"a": value}
    assert cache.add("a", "other") is False


def test_counting(cache: RedisCache, raw: redis.Redis) -> None:
    cache.set("a", 1)
    assert [cache.incr("a"), cache.decr("a", 5)] == [2, -3]


def test_a_forged_entry_is_a_missing_one_and_runs_nothing(cache: RedisCache, raw: redis.Redis, tmp_path: Path) -> None:
    cache.set_many({"real": "mine", "other": "theirs"})
    signed = raw.get(cache.make_key("real"))
    assert isinstance(signed, bytes)
    for forged in (
        pickle.dumps(Bomb(tmp_path / "run")),
        bytes(32) + pickle.dumps(Bomb(tmp_path / "run")),
        signed[:32] + pickle.dumps(Bomb(tmp_path / "run")),
        signed[:-1],
        signed + b"\0",
        b"",
        b"x",
        "\u0661".encode(),
    ):
        raw.set(cache.make_key("a"), forged)
        assert cache.get("a", "missing") == "missing"
        assert cache.get_many(["a", "real"]) == {"real": "mine"}
    assert not (tmp_path / "run").exists()


def test_an_entry_from_before_a_change_of_the_key_is_missing(cache: RedisCache, raw: redis.Redis) -> None:
    cache.set("a", "mine")
    with override_settings(SECRET_KEY="another key, as long as a real one has to be"):
        assert cache.get("a") is None
        cache.set("a", "new")
    assert cache.get("a") is None
