"""A bucket that does not respond holds few requests, and not for long."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from app.media.availability import Availability, NotTried


def fails(availability: Availability) -> None:
    with pytest.raises(ReadTimeoutError), availability.request():
        raise ReadTimeoutError(endpoint_url="https://bucket.example.org")


def test_after_a_timeout_none_is_sent_until_one_finds_it_back() -> None:
    now = [100.0]
    availability = Availability(2, pause_seconds=5, clock=lambda: now[0])
    fails(availability)
    with pytest.raises(NotTried), availability.request():
        raise AssertionError("sent in the pause")
    now[0] += 5
    with availability.request(), pytest.raises(NotTried), availability.request():
        raise AssertionError("sent beside the one that finds out")
    with availability.request(), availability.request():
        pass


def test_an_attempt_that_fails_begins_another_pause() -> None:
    now = [100.0]
    availability = Availability(2, pause_seconds=5, clock=lambda: now[0])
    for _ in range(2):
        fails(availability)
        now[0] += 4.9
        with pytest.raises(NotTried), availability.request():
            raise AssertionError("sent in the pause")
        now[0] += 0.1


@pytest.mark.parametrize("response", [ClientError({"Error": {"Code": "503"}}, "GetObject"), FileNotFoundError("x")])
def test_an_error_that_the_bucket_sent_is_a_response(response: Exception) -> None:
    availability = Availability(2)
    with pytest.raises(type(response)), availability.request():
        raise response
    with availability.request():
        pass


def test_a_failure_from_before_the_last_response_stops_nothing() -> None:
    now = [100.0]
    availability = Availability(2, clock=lambda: now[0])

    def slow() -> None:
        with availability.request():
            now[0] += 10
            with availability.request():
                now[0] += 1
            raise ReadTimeoutError(endpoint_url="https://bucket.example.org")

    with pytest.raises(ReadTimeoutError):
        slow()
    with availability.request():
        pass


def test_visitors_have_only_some_of_the_threads() -> None:
    availability = Availability(2, place_seconds=0)
    with availability.place(), availability.place(), pytest.raises(NotTried), availability.place():
        raise AssertionError("a third one waits")
    with availability.place():
        pass
