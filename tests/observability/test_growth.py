"""What reads a visitor's bytes takes linear time: no input is worth sending for its cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from app.health.probes import wants_json
from app.health.report import _format
from app.observability.middleware import REQUEST_ID
from app.observability.redact import Redactor, secrets_of
from app.observability.text import escaped, shortened
from app.server.arrival import Arrival, Pace, awaits_continue, bytes_wanted, has_session, probe_path
from app.tenancy.hosts.names import InvalidHost, parse_host
from app.tenancy.hosts.resolver import nearest

KIBIBYTE = 1024
SIZES, LARGE = (KIBIBYTE, 8 * KIBIBYTE, 64 * KIBIBYTE), 1024 * KIBIBYTE
#: Times the growth of the input. Quadratic time would be 8 or 16 times.
MOST_GROWTH = 2.5
#: Shorter times say nothing.
LEAST_SECONDS = 0.001

REDACTOR = Redactor()
REDACTOR.learn(["planted-settings-secret", "pp" * 20])
UNITS = [
    *(
        ".-",
        "a.",
        "a-",
        "a",
        "-",
        " ",
        "p",
        "\\",
        '"',
        "=",
        "&",
        "?",
        "/",
        "@",
        ":",
        ";",
        ",",
        "%41",
        "\n",
        "\x00",
        "é",
    ),
    *("token", "a.token", "token=", "token= ", "token:\t", 'token"', "api_key", "api_ke", "bearer ", "basic", "bearer"),
    *("://", "://a", "://a:", "://a:b", "://a@", "http://a:b", "a=b&", "a=b; ", "[", "]", "[::", "xn--", "1.1.1.1,"),
    *("application/", "*/*;q=0.5,", "Host: x\r\n", "\r\n", "content-length: 1", "sessionid", "; ", "\nCookie: a=b;"),
]


def request(**meta: Any) -> HttpRequest:
    return RequestFactory(**meta).get("/")


def host(text: str) -> None:
    with suppress(InvalidHost):
        parse_host(text)


def arrives(text: str) -> None:
    """A head that arrives in segments."""
    arrival, data = Arrival(Pace()), text.encode()
    for start in range(0, len(data), KIBIBYTE):
        arrival.add(data[start : start + KIBIBYTE])


READERS: dict[str, Callable[[str], object]] = {
    "messages": REDACTOR.clean,
    "lines": REDACTOR.clean_known,
    "events": lambda text: REDACTOR.clean_tree({"a": [text]}),
    "credentials": lambda text: secrets_of(request(HTTP_AUTHORIZATION=text)),
    "cookies": lambda text: request(HTTP_COOKIE=text).COOKIES,
    "queries": lambda text: secrets_of(request(QUERY_STRING=text)),
    "escaped": lambda text: escaped(text, len(text)),
    "shortened": lambda text: shortened(text, 1000),
    "request ids": REQUEST_ID.fullmatch,
    "hosts": host,
    "forwarded": lambda text: nearest(text, 3),
    "accept of a probe": lambda text: wants_json(request(HTTP_ACCEPT=text)),
    "accept of the report": lambda text: _format(request(HTTP_ACCEPT=text)),
    "origins": lambda text: urlsplit("http://" + text.replace("[", "").replace("]", "")),
    "arriving heads": arrives,
    "heads": lambda text: (probe_path(f"GET /{text}\r\n\r\n".encode()), bytes_wanted(text.encode())),
    "cookies and expectations of heads": lambda text: (
        has_session(f"\nCookie: {text}\r\n".encode()),
        has_session(f"\nCookie: a{text}".replace("\r\n", "\r\nCookie: ").encode()),
        bytes_wanted(f"\nContent-Length:{text}\r\n".encode()),
        awaits_continue(f"GET / HTTP/1.1\r\nExpect: {text}".encode()),
    ),
}


def seconds(read: Callable[[str], object], unit: str, size: int, *, runs: int = 1) -> float:
    """Of CPU, for the repeated text; the least of several runs."""
    text, took = unit * (size // len(unit)), []
    for _ in range(runs):
        started = time.process_time()
        read(text)
        took.append(time.process_time() - started)
    return max(LEAST_SECONDS, min(took))


@pytest.mark.parametrize("reader", READERS)
def test_time_grows_with_the_input(reader: str) -> None:
    read = READERS[reader]
    took = {unit: seconds(read, unit, SIZES[0]) for unit in UNITS}
    for before, size in pairwise(SIZES):
        for unit in UNITS:
            least, took[unit] = took[unit], seconds(read, unit, size)
            if took[unit] > MOST_GROWTH * least * size / before:  # perhaps something else had the processor
                least, took[unit] = seconds(read, unit, before, runs=5), seconds(read, unit, size, runs=5)
            assert took[unit] <= MOST_GROWTH * least * size / before, repr(unit)
    slowest = max(took, key=lambda unit: took[unit])
    assert seconds(read, slowest, LARGE) <= MOST_GROWTH * took[slowest] * LARGE / SIZES[-1], repr(slowest)
