"""The values that editors write, and the form in which they are stored."""

from __future__ import annotations

import pytest

from app.twitter.feed_values import InvalidValue, normalise


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("user", "@Good", "good"),
        ("user", " https://twitter.com/GOOD/status/12?s=20 ", "good"),
        ("user", "x.com/good", "good"),
        ("user", "http://mobile.twitter.com/good/", "good"),
        ("list", "https://x.com/i/lists/0123", "123"),
        ("search", " two\n words ", "two words"),
    ],
)
def test_it_works(kind: str, value: str, stored: str) -> None:
    assert normalise(kind, value) == stored


@pytest.mark.parametrize(
    ("kind", "value"), [("user", "a OR b"), ("user", ""), ("list", "x"), ("search", " "), ("other", "x")]
)
def test_invalid_values_are_refused(kind: str, value: str) -> None:
    with pytest.raises(InvalidValue):
        normalise(kind, value)
