"""Logs and Sentry events of requests: every one names the site, none a secret."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest

from tests.support.programs import wait_until
from tests.support.server import Server, serving

SECRETS = {
    "SECRET_KEY": "planted-secret-key-that-is-long-enough",
    "HEALTH_TOKEN": "planted-health-token",
    "TWITTER_BEARER_TOKEN": "planted-twitter-token",
    "EMAIL_URL": "smtp://mailer:planted-mail-password@127.0.0.1:9",
}
CARRIED = {
    "Authorization": "Bearer planted-authorization",
    "Cookie": "sessionid=planted-session; csrftoken=planted-csrf",
    "X-Api-Key": "planted-api-key",
    "Referer": "https://elsewhere.example/?token=planted-referer",
    "X-Forwarded-For": "203.0.113.9",
}


class Ingest(ThreadingHTTPServer):
    """Accepts envelopes as Sentry does, and keeps them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Envelopes)
        self.items: list[tuple[str, dict[str, Any]]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [payload for found, payload in self.items if found == kind]


class Envelopes(BaseHTTPRequestHandler):
    server: Ingest

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
        body = unpack[self.headers["Content-Encoding"]](body)
        lines = body.split(b"\n")[1:]  # the first is the envelope's own
        for header, payload in zip(lines[::2], lines[1::2], strict=False):
            self.server.items.append((json.loads(header)["type"], json.loads(payload)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Not needed."""


@pytest.fixture(scope="module")
def ingest() -> Iterator[Ingest]:
    server = Ingest()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(ingest: Ingest, database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("reports")
    shutil.copy(database, folder)
    dsn = f"http://plantedkey@127.0.0.1:{ingest.server_port}/1"
    tracing = {"SENTRY_DSN": dsn, "SENTRY_TRACES_SAMPLE_RATE": "1.0", "LOG_LEVEL": "DEBUG"}
    with serving(folder, **SECRETS, **tracing) as started:
        yield started


@contextmanager
def without_table(database: Path, table: str) -> Iterator[None]:
    """Every query of the table fails for as long as this lasts."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            connection.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def lines(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines()]


def test_every_line_of_a_request_names_its_site(server: Server) -> None:
    answer = server.request("/nowhere/?q=planted-query", host="north.example", headers=CARRIED)
    mine = [line for line in lines(server) if line.get("request_id") == answer.headers["X-Request-Id"]]
    (access,) = [line for line in mine if line["event"] == "request"]
    assert (access["path"], access["status"], access["site_source"]) == ("/nowhere/", answer.status, "host")
    assert {(line["site"], line["site_domain"]) for line in mine} == {
        (int(answer.headers["X-Site-Id"]), "north.example")
    }


def test_probes_are_not_logged(server: Server) -> None:
    before = len(lines(server))
    for probe in ("/livez", "/readyz", "/startupz", "/healthz"):
        server.request(probe)
    assert [line for line in lines(server)[before:] if line["event"] == "request"] == []


def test_a_trace_has_the_site_and_an_unknown_host_none(server: Server, ingest: Ingest) -> None:
    ingest.items.clear()
    for host in ("unknown.example", "-bad-.example", "north.example"):
        server.request("/nowhere/?token=planted-token", host=host, headers=CARRIED)
    for probe in ("/livez", "/readyz"):
        server.request(probe)
    wait_until(lambda: ingest.of("transaction") != [], what="the trace arrives")
    server.request("/nowhere/", host="north.example")
    wait_until(lambda: len(ingest.of("transaction")) == 2, what="the second trace arrives")
    for transaction in ingest.of("transaction"):
        assert transaction["tags"]["site.domain"] == "north.example"
        assert transaction["tags"]["site.source"] == "host"
    assert ingest.of("event") == []


def test_an_error_has_the_site(server: Server, ingest: Ingest) -> None:
    """The table of pages is missing while the server runs."""
    ingest.items.clear()
    path = Path(server.settings["DATABASE_URL"].removeprefix("sqlite:///"))
    with without_table(path, "pages_page"):
        answer = server.request("/planted-page/?q=planted-query", host="north.example", headers=CARRIED)
    assert answer.status == 500
    wait_until(lambda: ingest.of("event") != [], what="the event arrives")
    (event,) = ingest.of("event")
    assert event["tags"]["site.domain"] == "north.example"
    assert event["exception"]["values"][-1]["type"] == "OperationalError"
    assert event["release"].startswith("colonnade@")


def test_nothing_secret_was_written_or_sent(server: Server, ingest: Ingest) -> None:
    server.request("/planted-path/?q=planted-query", host="north.example", headers=CARRIED)
    text = server.log.read_text() + json.dumps(ingest.items)
    text = text.replace("planted-page", "").replace("planted-path", "")
    assert "planted" not in text, text[text.index("planted") - 300 :][:500]
