"""`/metrics` on a port of its own, answered by any worker from the figures of all.

The master binds the port, every worker listens on it in one thread: as long as one worker lives the port
answers, no request thread is needed for it, and the master stays free of threads, which no fork survives.
"""

from __future__ import annotations

import fcntl
import socket
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, HTTPServer

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from app.observability import metrics, metrics_directory
from app.server.metrics_files import locked

SLOWEST_CLIENT_SECONDS = 2.0


_listener: socket.socket | None = None


def listen_beside(bind: str, port: int) -> None:
    """Binds the port, on the address of the web port; workers inherit it. Port 0 is none."""
    global _listener
    if port:
        host = "" if bind.startswith(("unix:", "fd:")) else bind.rpartition(":")[0].strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        _listener = socket.create_server((host, port), family=family, backlog=64)
        _listener.setblocking(False)  # all workers wake up for a scrape, one gets it


def serve() -> None:
    """Answers scrapes from now on, in a thread of this process. To be called after the fork."""
    if _listener is not None:
        server = MetricsServer(_listener)
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def render(accept: str) -> tuple[bytes, str]:
    """The figures of the whole pod in the format that the client prefers, and its content type."""
    encode, content_type = choose_encoder(accept)
    registry = CollectorRegistry()
    registry.register(AllFigures())
    return encode(registry), content_type


class AllFigures:
    """What the workers have counted (or this process, when it is the only one), and what is asked for."""

    def collect(self) -> Iterable[Metric]:
        shared = metrics_directory.known()
        if shared is not None:
            with locked(shared, fcntl.LOCK_SH):
                figures = list(MultiProcessCollector(None, str(shared)).collect())
            yield from figures
        else:
            yield from REGISTRY.collect()
        for collector in metrics.collectors:
            yield from collector.figures()


class MetricsServer(HTTPServer):
    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], Scrape, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def get_request(self) -> tuple[socket.socket, object]:
        client, address = self.socket.accept()
        client.settimeout(SLOWEST_CLIENT_SECONDS)
        return client, address


class Scrape(BaseHTTPRequestHandler):
    """One scrape, one connection."""

    server_version, sys_version = "colonnade", ""
    timeout = SLOWEST_CLIENT_SECONDS

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        body, content_type = render(self.headers.get("Accept", ""))
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Scrapes are no news."""
