"""Does a host lead to its site here? Tried as a visitor's browser would, one step after the other.

Runs without the database, many hosts side by side; every step is bounded in time.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from app.tenancy.hosts.snapshot import ACTIVE, ARCHIVED
from app.tenancy.sites.domains.dns import DnsFault, addresses
from app.tenancy.sites.domains.rules import impossible
from app.tenancy.sites.reachability import tls
from app.tenancy.sites.reachability.http import HttpFault, Response, get, proxy_fault
from app.tenancy.sites.reachability.report import Name, Report, State

SIDE_BY_SIDE = 16
MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """A host, and the site that it should lead to. `proof` is what to do for a host that is not served yet."""

    host: str
    site_id: int
    domain: str
    state: str = ACTIVE
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How the hosts are requested. `via` replaces the addresses in DNS. `timeout` is for each step, in seconds."""

    scheme: str = "https"
    port: int | None = None
    via: str | None = None
    timeout: float = 5.0

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def most_seconds(self) -> float:
        """How long a connection may take from its beginning to the end of its response."""
        return 2 * self.timeout + 2


def check_hosts(targets: Iterable[Target], way: Way) -> Iterator[Report]:
    """The reports, in the order of the targets."""
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="check") as threads:
        yield from threads.map(lambda target: check_host(target, way), targets)


def check_host(target: Target, way: Way) -> Report:
    report = Report(target.host, target.domain)
    reason = impossible(target.host)
    report.add(Name.RULES, State.NOTE if reason else State.OK, reason and f"{reason} It is served, as before.")
    if target.proof:
        report.add(Name.SITE, State.FAULT, f"Not served yet: the domain is not proved. {target.proof}")
    try:
        found = [way.via] if way.via else addresses(target.host)[:MOST_ADDRESSES]
    except DnsFault as fault:
        report.add(Name.DNS, State.FAULT, str(fault))
        return report
    if way.via:
        report.add(Name.DNS, State.SKIPPED, f"not looked up: --via {way.via}")
    else:
        report.add(Name.DNS, State.OK, ", ".join(found))
    with ExitStack() as stack:
        connection = _connect(found, way, report, stack)
        if connection is not None and way.is_secure:
            connection = _secure(connection, target.host, way, report, stack)
        if connection is not None:
            _request(connection, target, way, report)
    return report


def _connect(found: list[str], way: Way, report: Report, stack: ExitStack) -> socket.socket | None:
    """A connection to the first address that accepts one."""
    port = way.port or (443 if way.is_secure else 80)
    failed: list[str] = []
    for address in found:
        try:
            connection = stack.enter_context(socket.create_connection((address, port), way.timeout))
        except TimeoutError:
            failed.append(f"{address} port {port}: no response within {way.timeout:g} s")
        except OSError as error:
            failed.append(f"{address} port {port}: {error.strerror or type(error).__name__}")
        else:
            stack.enter_context(_ended_after(connection, way.most_seconds))
            report.add(Name.CONNECTION, State.FAULT if failed else State.OK, "; ".join(failed) or address)
            return connection
    text = f"{'; '.join(failed)}. Check that the proxy runs, and the firewall."
    report.add(Name.CONNECTION, State.FAULT, text)
    return None


def _secure(plain: socket.socket, host: str, way: Way, report: Report, stack: ExitStack) -> socket.socket | None:
    """TLS over the connection; for a certificate at fault a second one, so that the steps behind it are checked too."""
    peer = plain.getpeername()[:2]
    try:
        connection, found, ends_soon = tls.handshake(plain, host)
        report.add(Name.TLS, State.NOTE if ends_soon else State.OK, found)
        return stack.enter_context(connection)
    except ssl.SSLCertVerificationError as error:
        refused = error
    except tls.TlsFault as fault:
        report.add(Name.TLS, State.FAULT, str(fault))
        return None
    try:
        again = stack.enter_context(socket.create_connection(peer, way.timeout))
        stack.enter_context(_ended_after(again, way.most_seconds))
        connection, certificate = tls.handshake_without_verification(again, host)
    except (OSError, tls.TlsFault):
        report.add(Name.TLS, State.FAULT, f"The certificate is refused: {refused.verify_message}.")
        return None
    report.add(Name.TLS, State.FAULT, " ".join(tls.faults(certificate, host, refused)))
    return stack.enter_context(connection)


def _request(connection: socket.socket, target: Target, way: Way, report: Report) -> None:
    suffix = f":{way.port}" if way.port else ""
    try:
        response = get(connection, f"{target.host}{suffix}")
    except HttpFault as fault:
        report.add(Name.PROXY, State.FAULT, str(fault))
        return
    if target.proof:
        return  # the response is that of an unknown host
    lost = proxy_fault(response, target.host, secure=way.is_secure)
    if lost:
        report.add(Name.PROXY, State.FAULT, lost)
        return
    report.add(Name.PROXY, State.OK, "the request arrives here")
    wrong = _site_fault(response, target)
    report.add(Name.SITE, State.FAULT if wrong else State.OK, wrong or target.domain)


def _site_fault(response: Response, target: Target) -> str:
    if response.site_id != str(target.site_id):
        return (
            f"It leads to the site with the id {response.site_id}, not to {target.site_id}. "
            "Another installation, or a proxy that replaces Host?"
        )
    if target.state != ACTIVE:
        status = 410 if target.state == ARCHIVED else 503
        return f"The site is {target.state}: visitors get {status}. manage.py sites activate {target.domain}"
    if response.status >= 500:
        return f"The site responds with {response.status}. See the log of the application."
    return ""


@contextmanager
def _ended_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Ends a connection whose server sends so slowly that no single read takes too long."""
    # A second handle: TLS takes over the first one.
    handle = connection.dup()

    def end() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()
