"""HTTP requests to a port of loopback: ordinary ones, a browser's, and bytes that no client sends."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Response:
    """A response that was read to its end. What is not HTTP, or a closed connection, has the status 0."""

    status: int = 0
    headers: http.client.HTTPMessage = field(default_factory=http.client.HTTPMessage)
    """Names in any case; a header that is missing is None."""
    body: str = ""
    seconds: float = 0.0


def connect(port: int, *, tls: str = "", timeout: float = 60.0) -> socket.socket:
    """A connection; `tls` is the server name that the client asks a certificate for."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    if not tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=tls)


def request(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    host: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
    tls: str = "",
    timeout: float = 60.0,
) -> Response:
    """One request on a connection of its own. Raises `OSError` if the server is not there or too slow."""
    sent = {"Connection": "close", **({"Host": host} if host else {}), **headers}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    started = time.perf_counter()
    try:
        connection.sock = connect(port, tls=tls, timeout=timeout)
        connection.request(method, path, headers=sent)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
    finally:
        connection.close()
    return Response(response.status, response.headers, body, time.perf_counter() - started)


def visit(
    port: int, host: str, path: str = "/", *, tls: bool = False, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """A request as a browser sends it to a server that is not on the usual port: `Host` carries the port."""
    return request(port, path, host=f"{host}:{port}", tls=host if tls else "", headers=headers, timeout=20.0)


def exchange(port: int, text: str, *, tls: str = "") -> Response:
    """Sends exactly this text, in Latin-1; only the line ends of its head become CRLF."""
    head, _, body = text.partition("\n\n")
    with connect(port, tls=tls, timeout=20.0) as connection:
        connection.sendall((head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode("latin-1"))
        response = http.client.HTTPResponse(connection)
        try:
            response.begin()
            return Response(response.status, response.headers, response.read().decode("utf-8", "replace"))
        except (http.client.HTTPException, ConnectionError):
            return Response()


@contextmanager
def unfinished_requests(port: int, start: str, *, count: int = 20, tls: str = "") -> Iterator[None]:
    """Clients that have begun a request and never finish it; the line ends of `start` become CRLF."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(connect(port, tls=tls)).sendall(start.replace("\n", "\r\n").encode())
        yield
