"""Health check for container engines: exits with 0 if the server in this container is alive, otherwise with 1.

`healthcheck.py /readyz` checks readiness instead. Kubernetes does not use this file; it has its own probes.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys

SECONDS = 3
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  # compared, not bound


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self.path)


def connection(bind: str) -> http.client.HTTPConnection:
    if bind.startswith("unix:"):
        return UnixConnection(bind.removeprefix("unix:"))
    host, _, port = bind.rpartition(":")
    return http.client.HTTPConnection(ANYWHERE.get(host, host), int(port), timeout=SECONDS)


def main(path: str) -> int:
    server = connection(os.environ.get("BIND") or "0.0.0.0:8000")  # the default of gunicorn.conf.py
    try:
        server.request("GET", path)
        response = server.getresponse()
        sys.stdout.write(response.read(500).decode("utf-8", "replace"))
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "/livez"))
