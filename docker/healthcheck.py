"""Is the server in this container alive? Exit status 0 or 1, for engines that ask; Kubernetes asks by itself.

`healthcheck.py /readyz` asks whether it should get visitors, too.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys

SECONDS = 3
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  # a comparison, no bind


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
    asked = connection(os.environ.get("BIND") or "0.0.0.0:8000")  # the default of gunicorn.conf.py
    try:
        asked.request("GET", path)
        answer = asked.getresponse()
        sys.stdout.write(answer.read(500).decode("utf-8", "replace"))
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "/livez"))
