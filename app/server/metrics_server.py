"""`/metrics` on a port of its own: any worker responds with the metrics of all workers of the pod.

The master binds the port, and every worker listens on it in one thread. So the port responds as long as one worker
lives, no request thread is needed, and the master has no threads, which would not survive a fork.
"""

from __future__ import annotations

import os
import socket
import threading
from http.server import HTTPServer

from prometheus_client import REGISTRY, CollectorRegistry, MetricsHandler
from prometheus_client.multiprocess import MultiProcessCollector

from app.observability import metrics
from app.server import metrics_directory

SLOWEST_CLIENT_SECONDS = 2.0

_listener: socket.socket | None = None


def listen(bind: str, port: int) -> None:
    """Binds the port on the address of the web port; workers inherit it. Port 0 means none."""
    global _listener
    if port:
        host = "" if bind.startswith(("unix:", "fd:")) else bind.rpartition(":")[0].strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        _listener = socket.create_server((host, port), family=family, backlog=64)
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
    for collector in metrics.collectors:
        registry.register(collector)
    return registry


class MetricsServer(HTTPServer):
    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], ScrapeHandler.factory(pod_registry()), bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def get_request(self) -> tuple[socket.socket, object]:
        client, address = self.socket.accept()
        client.settimeout(SLOWEST_CLIENT_SECONDS)
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
