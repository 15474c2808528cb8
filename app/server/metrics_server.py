"""`/metrics` on a port of its own: any worker responds with the metrics of all workers of the pod.

The master binds the port, and every worker listens on it, with a thread per scrape. So the port responds as long as
one worker lives, no request thread is needed, and the master has no threads, which would not survive a fork.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from contextlib import suppress
from http.server import HTTPServer
from socketserver import ThreadingMixIn

from prometheus_client import REGISTRY, CollectorRegistry, MetricsHandler
from prometheus_client.multiprocess import MultiProcessCollector

from app.observability import metrics
from app.server import metrics_directory

SLOWEST_CLIENT_SECONDS = 2.0
MOST_SCRAPES = 8

_listener: socket.socket | None = None


class PortUnavailable(Exception):
    """The port of METRICS_PORT cannot be used. The message says what to do."""

    def __init__(self, port: int, error: OSError) -> None:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        super().__init__(f"METRICS_PORT: port {port} cannot be used ({reason}). Set another port, or 0 for none.")


def listen(bind: str, port: int) -> None:
    """Binds the port on the address of the web port; workers inherit it. Port 0 means none.

    Raises `PortUnavailable`.
    """
    global _listener
    if port:
        host = "" if bind.startswith(("unix:", "fd:")) else bind.rpartition(":")[0].strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            _listener = socket.create_server((host, port), family=family, backlog=64)
        except OSError as error:
            raise PortUnavailable(port, error) from None
        _listener.setblocking(False)  # all workers wake up for a scrape, one gets it


def serve() -> None:
    """Serves scrapes in a thread of this process. Call it after the fork."""
    if _listener is not None:
        server = MetricsServer(_listener)
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def pod_registry() -> CollectorRegistry:
    """The counts of all workers (of this process, when it is the only one), and what is read on demand."""
    registry = CollectorRegistry()
    if metrics_directory.VARIABLE in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    for collector in metrics.collectors():
        registry.register(collector)
    return registry


class MetricsServer(ThreadingMixIn, HTTPServer):
    """At most eight scrapes at a time: with one more, the oldest is ended. So slow clients block no other."""

    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], ScrapeHandler.factory(pod_registry()), bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.scrapes: deque[socket.socket] = deque()

    def get_request(self) -> tuple[socket.socket, object]:
        client, address = self.socket.accept()
        client.settimeout(SLOWEST_CLIENT_SECONDS)
        self.scrapes.append(client)
        if len(self.scrapes) > MOST_SCRAPES:
            with suppress(OSError):  # it may have ended
                self.scrapes.popleft().shutdown(socket.SHUT_RDWR)
        return client, address


class ScrapeHandler(MetricsHandler):
    """One scrape, one connection."""

    server_version, sys_version = "colonnade", ""
    timeout = SLOWEST_CLIENT_SECONDS

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/metrics":
            super().do_GET()
        else:
            self.send_error(404)
