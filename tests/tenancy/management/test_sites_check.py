"""`manage.py sites check`: requests to a server on loopback, and which step failed."""

from __future__ import annotations

import io
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.support.programs import free_port


class Handler(BaseHTTPRequestHandler):
    """Responds as the site with the id in `site`; with none, as a server that is not ours."""

    site: int | None = None
    location = ""

    def do_HEAD(self) -> None:
        self.send_response(301 if self.location else 200)
        for name, value in (("X-Site-Id", self.site), ("Location", self.location)):
            if value:
                self.send_header(name, str(value))
        self.end_headers()

    def handle_one_request(self) -> None:
        with suppress(ssl.SSLError):  # the client refused the certificate
            super().handle_one_request()

    def log_message(self, *_: Any) -> None:
        """Nothing: standard error belongs to the tests."""


@contextmanager
def server(handler: type[Handler], certificate: Path | None = None) -> Iterator[int]:
    """A server on a port of loopback."""
    running = HTTPServer(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.socket = context.wrap_socket(running.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running.server_port
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def handler_of(site: int | None = None, location: str = "") -> type[Handler]:
    return type("Site", (Handler,), {"site": site, "location": location})


def check(site: str, port: int, scheme: str = "http", *options: str) -> str:
    """What the command prints; exit status 1 if a host does not lead to its site."""
    output = io.StringIO()
    command = ("sites", "check", site, "--scheme", scheme, "--port", str(port), *options)
    try:
        call_command(*command, stdout=output)
        status = 0
    except CommandError as failed:
        status = failed.returncode
    lines = output.getvalue().splitlines()
    assert status == (0 if all(line.endswith(": ok") for line in lines) else 1)
    return output.getvalue()


VIA = ("--via", "127.0.0.1")


def test_it_works(added: dict[str, int]) -> None:
    with server(handler_of(added["north"])) as port:
        assert check("north.test", port, "http", *VIA) == "north.test: ok\nwww.north.test: ok\n"
        assert f"south.test: leads to site {added['north']}\n" in check("south.test", port, "http", *VIA)
    with server(handler_of()) as port:
        assert "north.test: another server responds" in check("north.test", port, "http", *VIA)
    with server(handler_of(location="https://north.test/")) as port:
        assert "north.test: redirects elsewhere (status 301)" in check("north.test", port, "http", *VIA)


def test_a_name_without_an_address(added: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_address(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    for scheme in ("http", "https"):
        assert "north.test: DNS: the name has no address\n" in check("north.test", 80, scheme)


def test_a_connection_that_fails(added: dict[str, int]) -> None:
    port = free_port()
    for scheme in ("http", "https"):
        assert "north.test: connection: Connection refused\n" in check("north.test", port, scheme, *VIA)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("http", "https"):
            lines = check("north.test", port, scheme, *VIA, "--timeout", "0.1")
            assert "north.test: connection: no response within 0.1 s\n" in lines


def test_a_server_that_speaks_no_tls(added: dict[str, int]) -> None:
    with server(handler_of(added["north"])) as port:
        assert "north.test: TLS: " in check("north.test", port, "https", *VIA)


@pytest.mark.process
def test_a_certificate_is_checked_for_the_host_and_not_for_the_address(
    added: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "north.pem"
    kind = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "-subj /CN=north.test -addext subjectAltName=DNS:north.test,DNS:www.north.test"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run(["openssl", "req", *kind.split(), *names.split(), *files], check=True, capture_output=True)
    certificate.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "certificate.pem").read_text())
    with server(handler_of(added["north"]), certificate) as port:
        lines = check("north.test", port, "https", *VIA)
        assert "north.test: certificate: self-signed certificate\n" in lines
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        assert check("north.test", port, "https", *VIA) == "north.test: ok\nwww.north.test: ok\n"
        assert "south.test: certificate: Hostname mismatch" in check("south.test", port, "https", *VIA)
