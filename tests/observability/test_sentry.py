"""What reaches Sentry, seen at the transport: site tags, and nothing secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from wsgiref.util import setup_testing_defaults

import pytest
import sentry_sdk
from django.core.exceptions import DisallowedHost
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app.observability import context, sentry
from app.observability.redact import redactor

PLANTED = "planted-settings-secret"


class Site:
    id, domain, source = 7, "north.example", "host"


class SiteMiddleware:
    """In place of the middlewares that choose the site."""

    def __init__(self, get_response: Any) -> None:  # Django's own type is no narrower
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("Host") == "unknown.example":
            return HttpResponse(status=404)
        cast("Any", request).tenancy = SimpleNamespace(site=Site())
        context.bind_site(site_id=7, domain="north.example", source="host")
        response: HttpResponse = self.get_response(request)
        context.unbind_site()
        return response


def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def fails(request: HttpRequest) -> HttpResponse:
    local_secret = f"{PLANTED} token=planted-token"
    raise RuntimeError(f"{PLANTED} {local_secret}")


def bad_host(request: HttpRequest) -> HttpResponse:
    raise DisallowedHost("forged")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        sentry_sdk.capture_message("while streaming")
        yield b"one"

    return StreamingHttpResponse(body())


urlpatterns = [path("ok/", fine), path("streamed/", streamed), path("fails/", fails), path("bad-host/", bad_host)]


class Client:
    """Requests through the WSGI application, which is what Sentry watches."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()

    def get(self, url: str, host: str = "north.example", **headers: str) -> None:
        path_info, _, query = url.partition("?")
        environ = {"PATH_INFO": path_info, "QUERY_STRING": query, "HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1"}
        setup_testing_defaults(environ)

        def start_response(*_: object) -> Callable[[bytes], object]:
            return lambda _: None

        body = self.application(environ | headers, start_response)
        list(body)
        body.close()


class Recorder(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[tuple[str, dict[str, Any]]] = []
        self.unsent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.items += [(str(item.type), item.payload.json) for item in envelope.items if item.payload.json]

    def record_lost_event(self, reason: str, *_: object, **__: object) -> None:
        self.unsent.append(reason)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [payload for found, payload in self.items if found == kind]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    transport = Recorder()
    redactor.learn([PLANTED])
    sentry.configure(
        "http://public@127.0.0.1:9/1",
        environment="test",
        traces_sample_rate=1.0,
        release="colonnade@test",
        transport=transport,
    )
    yield transport
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def client() -> Iterator[Client]:
    stack = [
        "app.health.middleware.ProbeMiddleware",
        "app.observability.middleware.RequestLogMiddleware",
        f"{__name__}.SiteMiddleware",
        "app.tenancy.requests.streaming.StreamingMiddleware",
    ]
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # no database here, as in Django's own test client
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=stack):
        yield Client()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


TAGS = {"site.id": "7", "site.domain": "north.example", "site.source": "host"}


def tags(payload: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in payload["tags"].items() if name in TAGS}


def test_it_works(recorder: Recorder, client: Client) -> None:
    client.get("/fails/")
    (event,), (transaction,) = recorder.of("event"), recorder.of("transaction")
    assert tags(event) == tags(transaction) == TAGS
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert transaction["transaction"] == "/fails/"


def test_secrets_and_queries_are_not_sent(recorder: Recorder, client: Client) -> None:
    client.get(
        "/fails/?token=planted-token&q=planted-query",
        HTTP_AUTHORIZATION="Bearer planted-authorization",
        HTTP_COOKIE="sessionid=planted-cookie",
        HTTP_X_CUSTOM="planted-header",
    )
    assert {kind for kind, _ in recorder.items} >= {"event", "transaction"}
    text = json.dumps(recorder.items)
    assert "planted" not in text, text[text.index("planted") - 200 :][:300]


def test_an_unknown_host_is_not_reported(recorder: Recorder, client: Client) -> None:
    client.get("/ok/", host="unknown.example")
    client.get("/bad-host/")
    assert recorder.of("event") == []
    assert [payload["transaction"] for payload in recorder.of("transaction")] == ["/bad-host/"]


def test_probes_are_not_traced(recorder: Recorder, client: Client) -> None:
    for probe in ("/livez", "/healthz"):
        client.get(probe)
    assert recorder.items == []
    assert set(recorder.unsent) == {"sample_rate"}  # never recorded, which is cheaper than dropped later


def test_an_event_between_requests_has_no_tags_of_a_request(recorder: Recorder, client: Client) -> None:
    client.get("/ok/")
    sentry_sdk.capture_message("between requests")
    assert tags({"tags": {}, **recorder.of("event")[-1]}) == {}


def test_a_streamed_body_has_the_tags_of_its_request(recorder: Recorder, client: Client) -> None:
    client.get("/streamed/")
    (event,) = recorder.of("event")
    assert (event["message"], tags(event)) == ("while streaming", TAGS)


def test_without_a_dsn_nothing_is_sent(recorder: Recorder) -> None:
    sentry_sdk.get_global_scope().set_client(None)
    sentry.configure("", environment="test", traces_sample_rate=1.0, release="colonnade@test")
    sentry_sdk.capture_message("not sent")
    assert recorder.items == []
