"""A cache that sites share: no site can push out what the others keep."""

from __future__ import annotations

import pytest

from app.tenancy.fair_cache import FairCache


def keys_of(cache: FairCache[tuple[int, str], str], site: int) -> list[str]:
    return [name for owner, name in cache if owner == site]


@pytest.fixture
def cache() -> FairCache[tuple[int, str], str]:
    return FairCache(100, len)


def test_a_site_alone_may_have_all_of_it(cache: FairCache[tuple[int, str], str]) -> None:
    for number in range(15):
        cache[1, f"{number}"] = "x" * 10
    assert keys_of(cache, 1) == [f"{number}" for number in range(5, 15)]
    assert cache.currsize == 100


def test_a_site_with_many_values_gives_up_its_own(cache: FairCache[tuple[int, str], str]) -> None:
    cache[2, "menu"], cache[3, "menu"] = "x" * 10, "x" * 20
    for number in range(50):
        cache[1, f"{number}"] = "x" * 10
    assert keys_of(cache, 2) == keys_of(cache, 3) == ["menu"]
    assert keys_of(cache, 1) == [f"{number}" for number in range(43, 50)]


def test_the_others_take_back_what_it_took(cache: FairCache[tuple[int, str], str]) -> None:
    for number in range(10):
        cache[1, f"{number}"] = "x" * 10
    for number in range(5):
        cache[2, f"{number}"] = "x" * 10
    assert len(keys_of(cache, 1)) == len(keys_of(cache, 2)) == 5
    assert cache.currsize == 100


def test_what_was_used_stays(cache: FairCache[tuple[int, str], str]) -> None:
    cache[2, "other"] = "x" * 10
    for number in range(9):
        cache[1, f"{number}"] = "x" * 10
    assert cache[1, "0"]
    cache[1, "new"] = "x" * 10
    assert set(keys_of(cache, 1)) == {"0", "2", "3", "4", "5", "6", "7", "8", "new"}


def test_another_value_takes_the_place_of_the_first(cache: FairCache[tuple[int, str], str]) -> None:
    cache[1, "a"] = "x" * 60
    cache[1, "a"] = "x" * 90
    assert (cache[1, "a"], cache.currsize) == ("x" * 90, 90)
    del cache[1, "a"]
    assert (len(cache), cache.currsize) == (0, 0)
    cache[1, "b"] = "x"
    cache.clear()
    cache[1, "b"] = "x"
    assert cache.currsize == 1
    with pytest.raises(ValueError, match="too large"):
        cache[1, "c"] = "x" * 101
