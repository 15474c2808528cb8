"""`manage.py sites check`: real servers on loopback, and which step of the way to a site fails."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command
from pytest_django import Settings

from app.tenancy.hosts.resolver import ConflictingHosts, UnknownHost
from app.tenancy.models import Alias
from app.tenancy.requests.responses import marker_of
from app.tenancy.sites.domains import dns
from tests.support.commands import call
from tests.support.dns import Zone, name_server
from tests.support.programs import free_port

VIA = ("--via", "127.0.0.1")


class Handler(BaseHTTPRequestHandler):
    """Responds as the site with the id in `site`; with none, as a server that is not ours."""

    site: int | None = None
    status = 200
    location = ""
    body = ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in (("X-Site-Id", self.site), ("Location", self.location)):
            if value:
                self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(self.body.encode())

    def handle_one_request(self) -> None:
        with suppress(ssl.SSLError, ConnectionError):  # the client refused the certificate
            super().handle_one_request()

    def log_message(self, *_: Any) -> None:
        """Nothing: standard error belongs to the tests."""


@contextmanager
def server(certificate: trustme.LeafCert | Path | None = None, *, whole: bool = True, **values: Any) -> Iterator[int]:
    """A server on a port of loopback. Without `whole` it sends its own certificate only, not the intermediate ones."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("Site", (Handler,), values))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load(context, certificate, whole)
        running.socket = context.wrap_socket(running.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running.server_port
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def load(context: ssl.SSLContext, certificate: trustme.LeafCert | Path, whole: bool) -> None:
    if isinstance(certificate, Path):
        context.load_cert_chain(certificate)
    elif whole:
        certificate.configure_cert(context)
    else:
        with certificate.private_key_and_cert_chain_pem.tempfile() as key:
            leaf = certificate.cert_chain_pems[0].bytes() + certificate.private_key_pem.bytes()
            Path(key).write_bytes(leaf)
            context.load_cert_chain(key)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this machine knows."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def check(*arguments: str | int) -> dict[str, dict[str, Any]]:
    """Host → its report. The exit status is 1 if a host does not lead to its site."""
    output: list[str] = []

    class Output:
        def write(self, text: str) -> None:
            output.append(text)

    try:
        call_command("sites", "check", *map(str, arguments), "--json", stdout=Output())
        status = 0
    except CommandError as failed:
        status = failed.returncode
    reports = json.loads("".join(output))
    assert status == (0 if all(report["ok"] for report in reports) else 1)
    return {report["host"]: report for report in reports}


def step(name: str, *arguments: str | int, host: str = "north.test") -> tuple[str, str]:
    """State and text of one step."""
    found = check(host, *arguments)[host]["steps"][name]
    return found["state"], found["text"]


def secure(port: int) -> Sequence[str]:
    return ("--port", str(port), *VIA)


def plain(port: int) -> Sequence[str]:
    return ("--scheme", "http", "--port", str(port), *VIA)


def test_it_works(added: dict[str, int]) -> None:
    with server(site=added["north"]) as port:
        assert call("sites", "check", "north.test", *plain(port)).splitlines() == [
            "north.test",
            "  rules       ok",
            "  DNS         -      not looked up: --via 127.0.0.1",
            "  connection  ok     127.0.0.1",
            "  TLS         -",
            "  proxy       ok     the request arrives here",
            "  site        ok     north.test",
            "www.north.test",
            "  rules       ok",
            "  DNS         -      not looked up: --via 127.0.0.1",
            "  connection  ok     127.0.0.1",
            "  TLS         -",
            "  proxy       ok     the request arrives here",
            "  site        ok     north.test",
        ]


def test_every_active_site_by_default(added: dict[str, int]) -> None:
    call("sites", "suspend", "south.test")
    with server(site=added["north"]) as port:
        reports = check(*plain(port))
    assert {host: report["ok"] for host, report in reports.items()} == {
        "localhost": False,
        "north.test": True,
        "www.north.test": True,
    }


@pytest.mark.usefixtures("added")
class TestDns:
    @pytest.fixture
    def zone(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
        monkeypatch.setattr(dns, "ONE_SERVER_SECONDS", 0.2)
        monkeypatch.setattr(dns, "ALL_SERVERS_SECONDS", 0.4)
        zone = Zone()
        with name_server(zone) as port:
            settings.DNS_SERVERS = [("127.0.0.1", port)]
            yield zone

    def test_it_works(self, added: dict[str, int], zone: Zone) -> None:
        zone.add("north.test", "CNAME", "platform.test")
        zone.add("platform.test", "A", "127.0.0.1")
        with server(site=added["north"]) as port:
            assert step("dns", "--scheme", "http", "--port", port) == ("ok", "127.0.0.1")
            assert step("site", "--scheme", "http", "--port", port) == ("ok", "north.test")

    def test_no_address(self, zone: Zone) -> None:
        zone.add("north.test", "TXT", '"hello"')
        text = "north.test has no address. Add an A, AAAA or CNAME record that leads to this platform."
        assert step("dns") == ("fault", text)
        assert step("dns", host="www.north.test")[0] == "fault"
        assert step("connection") == ("skipped", "")

    @pytest.mark.parametrize(("fault", "text"), [("SERVFAIL", "(SERVFAIL)"), ("silence", "within 0.4 s")])
    def test_faults(self, zone: Zone, fault: str, text: str) -> None:
        zone.faults["north.test"] = fault
        state, found = step("dns")
        assert state == "fault"
        assert text in found

    def test_an_address_that_does_not_respond_is_named(self, added: dict[str, int], zone: Zone) -> None:
        zone.add("north.test", "A", "127.0.0.1")
        zone.add("north.test", "AAAA", "::1")
        with server(site=added["north"]) as port:
            report = check("north.test", "--scheme", "http", "--port", port)["north.test"]["steps"]
        assert report["dns"]["text"] == "127.0.0.1, ::1"
        assert report["site"]["state"] == "ok"


@pytest.mark.usefixtures("added")
class TestConnection:
    def test_refused(self) -> None:
        port = free_port()
        state, text = step("connection", *secure(port))
        assert state == "fault"
        assert text.startswith(f"127.0.0.1 port {port}: Connection refused.")

    def test_silence(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            assert "in time" in step("tls", *secure(port), "--timeout", "0.1")[1]
            assert "in time" in step("proxy", *plain(port), "--timeout", "0.1")[1]

    def test_a_server_that_sends_one_byte_at_a_time(self) -> None:
        """Each read succeeds; the check ends all the same."""
        ended = threading.Event()

        def drip(listener: socket.socket) -> None:
            with suppress(OSError):
                client, _ = listener.accept()
                with client:
                    client.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while not ended.wait(0.02):
                        client.sendall(b"a")

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=drip, args=[listener])
            thread.start()
            call("sites", "alias", "north.test", "www.north.test", "--remove")
            assert step("proxy", *plain(listener.getsockname()[1]), "--timeout", "0.3")[0] == "fault"
            ended.set()
            thread.join()


@pytest.mark.usefixtures("added")
class TestTls:
    def test_it_works(self, added: dict[str, int], authority: trustme.CA) -> None:
        leaf = authority.issue_cert("north.test", "*.north.test", not_after=datetime.now(UTC) + timedelta(days=90))
        with server(leaf, site=added["north"]) as port:
            reports = check("north.test", *secure(port))
        assert all(report["ok"] for report in reports.values())
        assert "until 20" in reports["north.test"]["steps"]["tls"]["text"]

    def test_it_ends_soon(self, added: dict[str, int], authority: trustme.CA) -> None:
        leaf = authority.issue_cert("north.test", not_after=datetime.now(UTC) + timedelta(days=3, hours=1))
        with server(leaf, site=added["north"]) as port:
            state, text = step("tls", *secure(port))
        assert (state, "It ends in 3 days: see that it is renewed." in text) == ("note", True)

    def refused(self, certificate: trustme.LeafCert | Path, site: int, **options: Any) -> str:
        """The text of the step; the steps behind it are checked all the same."""
        with server(certificate, site=site, **options) as port:
            report = check("north.test", *secure(port))["north.test"]["steps"]
        assert [report[name]["state"] for name in ("tls", "proxy", "site")] == ["fault", "ok", "ok"]
        return str(report["tls"]["text"])

    def test_it_has_ended(self, added: dict[str, int], authority: trustme.CA) -> None:
        end = datetime.now(UTC) - timedelta(days=2)
        leaf = authority.issue_cert("north.test", not_before=end - timedelta(days=90), not_after=end)
        text = self.refused(leaf, added["north"])
        assert text == f"The certificate ended on {end.date()}. Renew it, and see why that did not happen by itself."

    def test_it_is_for_another_name(self, added: dict[str, int], authority: trustme.CA) -> None:
        text = self.refused(authority.issue_cert("south.test", "*.south.test"), added["north"])
        wanted = "The certificate is for south.test, *.south.test, not for north.test. Get one for this name."
        assert text == wanted

    @pytest.mark.process
    def test_it_is_self_signed(self, added: dict[str, int], tmp_path: Path) -> None:
        kind = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
        names = "-subj /CN=north.test -addext subjectAltName=DNS:north.test"
        files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
        subprocess.run(["openssl", "req", *kind.split(), *names.split(), *files], check=True, capture_output=True)
        both = tmp_path / "both.pem"
        both.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "certificate.pem").read_text())
        assert "does not come from a public authority (north.test, self-signed)" in self.refused(both, added["north"])

    def test_its_chain_is_incomplete(self, added: dict[str, int], authority: trustme.CA) -> None:
        leaf = authority.create_child_ca().issue_cert("north.test")
        assert "The chain does not lead to a known authority" in self.refused(leaf, added["north"], whole=False)

    def test_all_faults_are_named(self, added: dict[str, int]) -> None:
        end = datetime.now(UTC) - timedelta(days=2)
        leaf = trustme.CA().issue_cert("south.test", not_before=end - timedelta(days=90), not_after=end)
        text = self.refused(leaf, added["north"])
        for word in ("ended on", "not for north.test"):
            assert word in text

    def test_a_server_without_tls(self, added: dict[str, int]) -> None:
        with server(site=added["north"]) as port:
            text = "The server speaks no TLS on this port. Set up HTTPS in the proxy."
            assert step("tls", *secure(port)) == ("fault", text)

    def test_a_server_that_refuses_the_name(self, authority: trustme.CA) -> None:
        """As Caddy does for a name that is not allowed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("south.test").configure_cert(context)
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def refuse() -> None:
                for _ in range(2):
                    with suppress(OSError):
                        client, _ = listener.accept()
                        with client, suppress(ssl.SSLError):
                            context.wrap_socket(client, server_side=True)

            thread = threading.Thread(target=refuse)
            thread.start()
            state, text = step("tls", *secure(listener.getsockname()[1]))
            thread.join()
        assert state == "fault"
        assert "The server refuses the handshake" in text


@pytest.mark.usefixtures("added")
class TestProxy:
    @pytest.mark.parametrize(
        ("response", "text"),
        [
            ({}, "Another server responds (status 200"),
            ({"status": 502}, "It does not reach the application".lower()),
            ({"status": 404, "body": marker_of(UnknownHost)}, "the proxy has to forward Host unchanged"),
            ({"status": 400, "body": marker_of(ConflictingHosts)}, "the proxy has to overwrite X-Forwarded-Host"),
            ({"status": 301, "location": "https://north.test/"}, "Check with --scheme=https."),
        ],
    )
    def test_the_request_does_not_arrive(self, response: dict[str, Any], text: str) -> None:
        with server(**response) as port:
            report = check("north.test", *plain(port))["north.test"]["steps"]
        assert report["proxy"]["state"] == "fault"
        assert text in report["proxy"]["text"]
        assert report["site"]["state"] == "skipped"

    def test_a_loop(self, added: dict[str, int], authority: trustme.CA) -> None:
        leaf = authority.issue_cert("north.test", "www.north.test")
        with server(leaf, site=added["north"], status=301, location="https://north.test/") as port:
            assert "X-Forwarded-Proto" in step("proxy", *secure(port))[1]
            # From an alias the same redirect is right.
            assert check("www.north.test", *secure(port))["www.north.test"]["ok"]


@pytest.mark.usefixtures("added")
class TestSite:
    def test_another_site(self, added: dict[str, int]) -> None:
        with server(site=added["north"]) as port:
            state, text = step("site", *plain(port), host="south.test")
        assert state == "fault"
        assert text.startswith(f"It leads to the site with the id {added['north']}, not to {added['south']}.")

    @pytest.mark.parametrize(
        ("action", "state", "status"), [("suspend", "suspended", 503), ("archive", "archived", 410)]
    )
    def test_a_closed_site(self, added: dict[str, int], action: str, state: str, status: int) -> None:
        call("sites", action, "north.test")
        with server(site=added["north"], status=status) as port:
            text = f"The site is {state}: visitors get {status}. manage.py sites activate north.test"
            assert step("site", *plain(port)) == ("fault", text)

    def test_a_broken_site(self, added: dict[str, int]) -> None:
        with server(site=added["north"], status=500) as port:
            assert "responds with 500" in step("site", *plain(port))[1]

    def test_a_host_without_proof(self, settings: Settings) -> None:
        settings.DOMAIN_PROOF = True
        call("sites", "alias", "north.test", "new.test")
        with server(status=404, body=marker_of(UnknownHost)) as port:
            report = check("new.test", *plain(port))["new.test"]["steps"]
        assert (report["proxy"]["state"], report["site"]["state"]) == ("skipped", "fault")
        assert "Set the TXT record _colonnade-challenge.new.test to" in report["site"]["text"]


def test_a_host_from_before_a_rule(added: dict[str, int]) -> None:
    Site.objects.filter(pk=added["north"]).update(domain="co.uk")
    with server(site=added["north"]) as port:
        state, text = step("rules", *plain(port), host="co.uk")
    assert (state, "public suffix" in text, "It is served, as before." in text) == ("note", True, True)


def test_many_hosts_are_checked_side_by_side(added: dict[str, int]) -> None:
    """All of them wait at the same time: none would get a response before the last one has arrived."""
    call("sites", "alias", "north.test", "www.north.test", "--remove")
    for number in range(7):
        Alias.objects.create(site_id=added["north"], host=f"a{number}.north.test")
    barrier = threading.Barrier(8)

    def wait(handler: Handler) -> None:
        barrier.wait(timeout=30)
        Handler.do_GET(handler)

    with server(site=added["north"], do_GET=wait) as port:
        reports = check("north.test", *plain(port), "--timeout", "20")
    assert len(reports) == 8
    assert all(report["ok"] for report in reports.values())
