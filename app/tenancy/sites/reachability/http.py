"""One request over a connection that is open already, and what its response tells about the way to the site."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.tenancy.hosts.resolver import ConflictingHosts, UnknownHost
from app.tenancy.requests.responses import marker_of

MOST_BYTES = 64 * 1024


class HttpFault(Exception):
    """No HTTP response came."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    site_id: str | None
    """`X-Site-Id`; None if the response is not one of a site of this platform."""
    location: str
    server: str
    body: str


def get(connection: socket.socket, host: str) -> Response:
    """Requests `/`. `host` is the `Host` header. Raises `HttpFault`."""
    client = http.client.HTTPConnection("unused")
    client.sock = connection
    try:
        client.request("GET", "/", headers={"Host": host, "User-Agent": "colonnade-check", "Connection": "close"})
        response = client.getresponse()
        body = response.read(MOST_BYTES).decode("utf-8", "replace")
    except TimeoutError:
        raise HttpFault("The server accepts connections and does not respond in time.") from None
    except (OSError, http.client.HTTPException) as error:
        raise HttpFault(f"The server sends no HTTP response ({type(error).__name__}).") from None
    header = response.headers.get
    return Response(response.status, header("X-Site-Id"), header("Location", ""), header("Server", ""), body)


def proxy_fault(response: Response, host: str, *, secure: bool) -> str:
    """Why the request did not arrive here as it was sent; empty if it did."""
    if response.site_id is not None:
        target = urlsplit(response.location)
        if secure and response.status in {301, 308} and target.scheme == "https" and target.hostname == host:
            return (
                "The site redirects to HTTPS although this was HTTPS: "
                "the proxy has to send X-Forwarded-Proto, and its address has to be in TRUSTED_PROXIES."
            )
        return ""
    if marker_of(UnknownHost) in response.body:
        return (
            "The request arrives here under another host: the proxy has to forward Host unchanged; or this process "
            "has not noticed the host yet."
        )
    if marker_of(ConflictingHosts) in response.body:
        return "Host and X-Forwarded-Host differ when they arrive here: the proxy has to overwrite X-Forwarded-Host."
    if response.location and urlsplit(response.location).scheme == "https" and not secure:
        return f"The proxy redirects to {response.location} by itself. Check with --scheme=https."
    if response.status in {502, 503, 504}:
        return f"The proxy responds with {response.status}: it does not reach the application."
    server = f", Server: {response.server}" if response.server else ""
    return (
        f"Another server responds (status {response.status}{server}, no X-Site-Id). Point DNS to this platform, or "
        "let that server forward the host to it."
    )
