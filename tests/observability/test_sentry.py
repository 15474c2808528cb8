"""What reaches Sentry, seen at the transport: site tags, and nothing secret."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock
from wsgiref.util import setup_testing_defaults

import pytest
import sentry_sdk
from django.contrib.sites.models import Site
from django.core.exceptions import DisallowedHost
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app.accounts.models import User
from app.observability import context, sentry
from app.observability.redact import redactor
from app.observability.sentry import SENT_DATA
from app.pages.models import Page
from app.tenancy.current import use_site
from tests.support.makers import Browser

PLANTED = "planted-settings-secret"
PLANTED_ELSEWHERE = "planted-variable"  # not beside the lines that reports quote


class ServedSite:
    id, domain, source = 7, "north.example", "host"


class SiteMiddleware:
    """In place of the middlewares that choose the site."""

    def __init__(self, get_response: Any) -> None:  # Django's own type is no narrower
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("Host") == "unknown.example":
            return HttpResponse(status=404)
        cast("Any", request).tenancy = SimpleNamespace(site=ServedSite(), host_site=ServedSite(), offers_admin=True)
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


def keeps(request: HttpRequest) -> HttpResponse:
    kept = PLANTED_ELSEWHERE
    assert request.POST
    raise RuntimeError(f"{len(kept)} characters")


urlpatterns = [
    path("ok/", fine),
    path("streamed/", streamed),
    path("fails/", fails),
    path("bad-host/", bad_host),
    path("keeps/", keeps),
]


class Client:
    """Requests through the WSGI application, which is what Sentry watches."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()

    def get(self, url: str, host: str = "north.example", **headers: Any) -> None:
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


def test_nothing_that_a_report_could_carry_beside_its_text_is_sent(recorder: Recorder, client: Client) -> None:
    """Local variables, bodies and arguments of the command, with values that look like no secret."""
    body = b"title=planted-in-body"
    form: dict[str, Any] = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
    form["wsgi.input"] = io.BytesIO(body)
    with mock.patch("sys.argv", ["manage.py", "planted-argument"]):
        client.get("/keeps/", REQUEST_METHOD="POST", **form)
    assert recorder.of("event") != []
    assert "planted" not in json.dumps(recorder.items)
    assert sentry_sdk.get_client().options["max_request_body_size"] == "never"  # it is not even read


@pytest.mark.django_db
def test_spans_of_templates_carry_nothing_of_a_page(recorder: Recorder, north: Site, nora: User) -> None:
    """Signed in, with titles, searches and form values, on pages with templates."""
    nora.first_name = "planted-name"
    nora.save()
    with use_site(north.pk):
        page = Page.objects.create(title="planted-title", status="published", slug="about")
    browser = Browser("north.test")
    browser.force_login(nora)
    addresses = [
        "/",
        "/about/",
        "/admin/",
        "/admin/pages/page/?q=planted-search",
        f"/admin/pages/page/{page.pk}/change/",
    ]
    with sentry_sdk.start_transaction(op="test", name="visit"):
        for address in addresses:
            assert browser.get(address).status_code in (200, 302, 404)
        refused = browser.post("/admin/pages/page/add/", {"title": "planted-value", "slug": "planted value"})
        assert refused.status_code == 200
    (transaction,) = recorder.of("transaction")
    assert "template.render" in {span["op"] for span in transaction["spans"]}
    assert "db" in {span["op"] for span in transaction["spans"]}
    text = json.dumps(recorder.items)
    assert "planted" not in text, text[text.index("planted") - 300 :][:500]
    for span in transaction["spans"]:
        assert span["data"].keys() <= SENT_DATA


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
