"""HTTP by hand: a visitor who sends what no browser would."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


def connect(port: int, *, tls: str = "", seconds: float = 20.0) -> socket.socket:
    """A connection to loopback; `tls` is the name that the client asks a certificate for."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    if not tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=tls)


def exchange(port: int, request: str, *, tls: str = "") -> Answer:
    """Sends these very bytes, lines ended for you; an answer that is no HTTP has status 0."""
    head, gap, body = request.partition("\n\n")
    with connect(port, tls=tls) as connection:
        connection.sendall((head.replace("\n", "\r\n") + "\r\n\r\n" + (body if gap else "")).encode("latin-1"))
        response = http.client.HTTPResponse(connection)
        try:
            response.begin()
            text = response.read().decode("utf-8", "replace")
        except (http.client.HTTPException, ConnectionError):
            return Answer(0, {}, "")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)


def get(port: int, host: str, *, path: str = "/", tls: bool = False, headers: str = "") -> Answer:
    """GET as a browser sends it; `headers` are whole lines. The port goes into Host, as it does."""
    lines = f"GET {path} HTTP/1.1\nHost: {host}:{port}\nConnection: close\nUser-Agent: test"
    return exchange(port, f"{lines}\n{headers.strip()}" if headers else lines, tls=host if tls else "")
