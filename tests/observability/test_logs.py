"""One event per line, in a format that machines read, without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from unittest import mock

import pytest
import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import path

from app.observability import context, logs
from app.observability.logs import LineFormatter, RepeatsTheAccessLine
from app.observability.redact import redactor
from tests.support.logs import Lines

PLANTED = "planted-settings-secret"
SECRETS = {
    "Authorization": "Bearer planted-authorization",
    "Cookie": "sessionid=planted-session-cookie",
    "X-Api-Key": "planted-api-key",
}


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


@pytest.fixture(autouse=True)
def known_secret() -> None:
    redactor.learn([PLANTED])


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


def test_no_pattern_is_compiled_for_what_a_visitor_sends(client: Client, lines: Lines) -> None:
    headers = {f"X-Auth-{number}": f"visitor-{number}" for number in range(50)}
    client.get("/secrets/", {"q": "first", "token": "x"}, headers=SECRETS)
    with mock.patch("re._compiler.compile", side_effect=AssertionError("a pattern was compiled")):
        client.get("/secrets/", {"q": "second visit"}, headers={**headers, "Cookie": "sessionid=another-one"})
    assert "another-one" not in json.dumps(lines())


def test_the_access_line_is_not_searched_for_the_requests_secrets(client: Client, lines: Lines) -> None:
    with mock.patch("app.observability.context.secrets_of") as collected:
        client.get("/missing/", headers=SECRETS)
    assert collected.call_count == 0
    assert lines()[-1]["path"] == "/missing/"


def test_a_long_message_is_cut(client: Client, lines: Lines) -> None:
    logging.getLogger("library").warning("begin %s end", "x" * 1_000_000)
    (line,) = lines()
    assert len(line["event"]) < 40_000
    assert line["event"].startswith("begin x")
    assert line["event"].endswith("x end")


def test_the_access_line_describes_the_client(client: Client, lines: Lines) -> None:
    client.get("/site/", HTTP_USER_AGENT="Browser/1.0", REMOTE_ADDR="192.0.2.7")
    line = lines()[-1]
    assert (line["client"], line["agent"], line["bytes"]) == ("192.0.2.7", "Browser/1.0", 0)


def test_what_a_visitor_writes_is_escaped_and_cut(client: Client, lines: Lines) -> None:
    agent = "\x1b[31m\u2028" + "a" * 5000 + " token=planted-in-agent"
    client.generic("P" * 500, "/" + "p" * 100_000 + "/", HTTP_USER_AGENT=agent)
    line = lines()[-1]
    assert line["agent"].startswith("\\x1b[31m\\u2028aaa")
    assert len(json.dumps(line)) < 3000


def test_the_library_loggers_that_print_credentials_are_quiet_at_debug() -> None:
    configured = logs.configuration("json", "DEBUG")
    assert configured["root"]["level"] == "DEBUG"
    for name in ("tweepy", "requests_oauthlib", "urllib3", "botocore"):
        assert configured["loggers"][name]["level"] == "WARNING"
