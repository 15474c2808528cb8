"""One event per line, in a format that machines read, without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import path

from app.observability import context
from app.observability.logs import LineFormatter, RepeatsTheAccessLine
from app.observability.redact import redactor

PLANTED = "planted-settings-secret"
SECRETS = {
    "Authorization": "Bearer planted-authorization",
    "Cookie": "sessionid=planted-session-cookie",
    "X-Api-Key": "planted-api-key",
}
Lines = Callable[[], list[dict[str, Any]]]


def within_site(request: HttpRequest) -> HttpResponse:
    context.bind_site(site_id=7, domain="north.example", source="host")
    logging.getLogger("library").warning("from a library\nwith a forged line")
    structlog.get_logger("ours").info("ours", number=3)
    context.unbind_site()
    return HttpResponse()


def repeats_secrets(request: HttpRequest) -> HttpResponse:
    logging.getLogger("library").warning("%s %s", request.META["QUERY_STRING"], request.headers)
    raise RuntimeError(f"{request.GET['q']} {request.COOKIES} {PLANTED}")


def missing(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotFound()


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        logging.getLogger("library").warning("while streaming")
        yield b"one"

    return StreamingHttpResponse(body())


urlpatterns = [
    path("site/", within_site),
    path("secrets/", repeats_secrets),
    path("missing/", missing),
    path("streamed/", streamed),
]


@pytest.fixture
def lines() -> Iterator[Lines]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter("json"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    redactor.learn([PLANTED])
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def client() -> Iterator[Client]:
    stack = ["app.observability.middleware.RequestLogMiddleware", "app.tenancy.requests.streaming.StreamingMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=stack):
        yield Client(raise_request_exception=False)


def test_it_works(client: Client, lines: Lines) -> None:
    response = client.get("/site/")
    library, ours, access = lines()
    assert (library["event"], library["level"], library["logger"]) == (
        "from a library\\nwith a forged line",
        "warning",
        "library",
    )
    for line in (library, ours):
        assert (line["site"], line["site_domain"], line["site_source"]) == (7, "north.example", "host")
    assert ours["number"] == 3
    assert (access["event"], access["method"], access["path"], access["status"]) == ("request", "GET", "/site/", 200)
    assert {line["request_id"] for line in lines()} == {response.headers["X-Request-Id"]}


def test_nothing_secret_is_written(client: Client, lines: Lines) -> None:
    client.get("/secrets/", {"q": "planted in the query", "token": "planted-token"}, headers=SECRETS)
    text = json.dumps(lines())
    assert "RuntimeError" in text
    assert "planted" not in text


def test_a_secret_of_the_settings_is_in_no_field(lines: Lines) -> None:
    structlog.get_logger("ours").info("ours", value=PLANTED, deep={"in": [PLANTED]})
    (line,) = lines()
    assert line["value"] == "[redacted]"
    assert "planted" not in json.dumps(line)


def test_a_line_between_requests_has_no_fields_of_a_request(client: Client, lines: Lines) -> None:
    client.get("/site/")
    logging.getLogger("library").warning("between requests")
    between = lines()[-1]
    assert "request_id" not in between
    assert "site" not in between


def test_a_missing_page_is_one_line(client: Client, lines: Lines) -> None:
    django = logging.getLogger("django.request")
    django.addFilter(repeats := RepeatsTheAccessLine())
    client.get("/missing/")
    django.removeFilter(repeats)
    assert [(line["event"], line["status"], line["level"]) for line in lines()] == [("request", 404, "info")]


def test_a_streamed_body_logs_under_its_request(client: Client, lines: Lines) -> None:
    response = client.get("/streamed/")
    assert response.getvalue() == b"one"
    (line,) = [line for line in lines() if line["event"] == "while streaming"]
    assert line["request_id"] == response.headers["X-Request-Id"]


def test_a_path_cannot_end_the_line(client: Client, lines: Lines) -> None:
    client.get("/site%0Aforged/")
    assert lines()[-1]["path"] == "/site%0Aforged/"


@pytest.mark.parametrize(
    ("peer", "given", "taken"),
    [
        ("10.0.0.1", "abc-DEF_1234.5", True),
        ("10.0.0.1", "short", False),
        ("10.0.0.1", "forged\tline of a log", False),
        ("203.0.113.9", "abc-DEF_1234.5", False),
    ],
)
def test_a_request_id_is_accepted_from_a_proxy_only(client: Client, peer: str, given: str, taken: bool) -> None:
    response = client.get("/site/", HTTP_X_REQUEST_ID=given, REMOTE_ADDR=peer)
    assert (response.headers["X-Request-Id"] == given) is taken


def test_the_console_format_is_one_line_too() -> None:
    record = logging.LogRecord("library", logging.INFO, __file__, 1, "one\ntwo %s", (PLANTED,), None)
    redactor.learn([PLANTED])
    line = LineFormatter("console").format(record)
    assert "\n" not in line
    assert PLANTED not in line
