"""Runs in a pod, and prints one line of JSON. `ask REQUEST`: one request. `load ADDRESS HOST AUTHORITY PATH PAUSE`:
requests from four threads until /tmp/stop is there, with a pause in seconds between them. With an authority
(certificates in PEM), requests use HTTPS.
"""

from __future__ import annotations

import collections
import http.client
import json
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any


class Secure(http.client.HTTPConnection):
    """HTTPS to an address, as a client that has resolved the host to it."""

    def __init__(self, address: str, port: int, host: str, authority: str) -> None:
        super().__init__(address, port, timeout=20)
        self.name = host
        self.context = ssl.create_default_context(cadata=authority)

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self.context.wrap_socket(plain, server_hostname=self.name)


def connect(address: str, port: int, host: str, authority: str) -> http.client.HTTPConnection:
    if authority:
        return Secure(address, port, host, authority)
    return http.client.HTTPConnection(address, port, timeout=20)


def certificate(connection: http.client.HTTPConnection) -> dict[str, Any]:
    """What the server has shown; nothing over HTTP."""
    return dict(connection.sock.getpeercert() or {}) if isinstance(connection.sock, ssl.SSLSocket) else {}


def ask(address: str, port: int, path: str, headers: dict[str, str], authority: str) -> object:
    connection = connect(address, port, headers["Host"], authority)
    connection.request("GET", path, headers=headers)
    shown = certificate(connection)
    answer = connection.getresponse()
    answer.read()
    hosts = sorted(name for _, name in shown.get("subjectAltName", ()))
    site, location = answer.getheader("X-Site-Id"), answer.getheader("Location")
    return [answer.status, site, location, hosts, shown.get("serialNumber", "")]


class Load:
    def __init__(self, address: str, host: str, authority: str, path: str, pause: str) -> None:
        self.server = address, 443 if authority else 80, host, authority
        self.path, self.pause = path, float(pause)
        self.counts: collections.Counter[str] = collections.Counter()
        self.serials: set[str] = set()
        self.slowest = 0.0

    def run(self) -> object:
        threads = [threading.Thread(target=self.one_client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answered = self.counts.pop("answered", 0)
        figures = {"answered": answered, "lost": dict(self.counts), "slowest": round(self.slowest, 2)}
        return figures | {"certificates": len(self.serials)}

    def one_client(self) -> None:
        while not Path("/tmp/stop").exists():
            began = time.monotonic()
            connection = connect(*self.server)
            try:
                connection.request("GET", self.path, headers={"Host": self.server[2]})
                self.serials.add(str(certificate(connection).get("serialNumber", "")))
                status = connection.getresponse().status
                self.counts["answered" if status < 500 else f"status {status}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self.counts[f"{type(error).__name__} {error}"] += 1
            finally:
                connection.close()
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(self.pause)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    result = ask(*json.loads(given[0])) if what == "ask" else Load(*given).run()
    sys.stdout.write(json.dumps(result) + "\n")
