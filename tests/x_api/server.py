"""The HTTP side of the stand-in: paging, rate headers, tokens, and injected faults."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.x_api.responses import Problem, respond
from tests.x_api.world import World

WINDOW_SECONDS = 900
LIMITS = {"search": 450, "timeline": 10_000, "list": 900, "posts": 3_500, "users": 300}


@dataclass
class Request:
    """One request that arrived."""

    endpoint: str
    path: str
    params: dict[str, str]
    token: str
    posts: int = 0
    status: int = 0


@dataclass
class Fault:
    """What happens to the next `times` requests whose path and query contain `where`, instead of a normal response."""

    where: str = ""
    times: int = 1
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    # Waits for `release`; without a status the normal response follows.
    hold: bool = False
    cut: bool = False
    drip_seconds: float = 0.0
    received: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


class XServer(ThreadingHTTPServer):
    """`with XServer(world) as x:` serves on a free loopback port until the block ends."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world: World, *, port: int = 0, token: str = "stand-in", latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world
        self.tokens = {token}
        self.latency = latency
        self.largest_page = 100
        self.requests: list[Request] = []
        self.billed: set[tuple[str, int, dt.date]] = set()
        self.windows: dict[tuple[str, str], tuple[int, int]] = {}
        self.limits = dict(LIMITS)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for fault in self._faults:
            fault.release.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Tests kill clients and let them time out: no traceback for that."""

    def inject(self, where: str = "", **what: Any) -> Fault:
        fault = Fault(where, **what)
        with self._lock:
            self._faults.append(fault)
        return fault

    def reset(self) -> None:
        """Forgets the requests, and the faults that are left."""
        with self._lock:
            self.requests.clear()
            self._faults.clear()

    def requests_to(self, endpoint: str) -> list[Request]:
        return [request for request in self.requests if request.endpoint == endpoint]

    def prepare(self, path: str, params: dict[str, str]) -> None:
        """A hook before each response, for a world that grows with the requests."""

    def take_fault(self, address: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.where in address and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def count(self, request: Request) -> dict[str, str]:
        """Counts a request against its rate window; raises 429 as X does when it is full."""
        now = int(time.time())
        with self._lock:
            limit = self.limits[request.endpoint]
            left, reset = self.windows.get((request.token, request.endpoint), (limit, now + WINDOW_SECONDS))
            if reset <= now:
                left, reset = limit, now + WINDOW_SECONDS
            self.windows[request.token, request.endpoint] = max(left - 1, 0), reset
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(left - 1, 0)),
            "x-rate-limit-reset": str(reset),
        }
        if left <= 0:
            raise Problem(429, "about:blank", "Too Many Requests", "Too Many Requests", headers=headers)
        return headers

    def bill(self, request: Request, body: dict[str, Any]) -> None:
        """X bills a post once per app and UTC day, however often it is read."""
        if request.endpoint != "users":
            today = dt.datetime.now(dt.UTC).date()
            posts = [post for post in body.get("data", []) if "id" in post]
            request.posts = len(posts)
            with self._lock:
                self.billed |= {(request.token, int(post["id"]), today) for post in posts}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: XServer

    def log_message(self, *_: object) -> None:
        """The server keeps the requests and prints nothing."""

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        request = Request(_endpoint(parts.path), parts.path, dict(parse_qsl(parts.query)), token)
        self.server.requests.append(request)
        time.sleep(self.server.latency)  # the network, for a benchmark
        fault = self.server.take_fault(self.path)
        if fault and not self._apply(fault, request):
            return
        try:
            status, headers, body = 200, *self._respond(request)
        except Problem as problem:
            status, headers, body = problem.status, problem.headers, problem.body()
        request.status = status
        drip = fault.drip_seconds if fault else 0.0
        self._send(status, headers, json.dumps(body).encode(), drip)

    def _respond(self, request: Request) -> tuple[dict[str, str], dict[str, Any]]:
        if request.token not in self.server.tokens:
            raise Problem(401, "about:blank", "Unauthorized", "Unauthorized")
        headers = self.server.count(request)
        self.server.prepare(request.path, request.params)
        body = respond(self.server.world, request.path, request.params, largest_page=self.server.largest_page)
        self.server.bill(request, body)
        return headers, body

    def _apply(self, fault: Fault, request: Request) -> bool:
        """True when the normal response follows."""
        fault.received.set()
        if fault.hold:
            fault.release.wait()
        if fault.cut:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
            self.wfile.flush()
            self.close_connection = True
            return False
        if fault.status is None:
            return True
        request.status = fault.status
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body or {})
        self._send(fault.status, fault.headers, text.encode(), fault.drip_seconds)
        return False

    def _send(self, status: int, headers: dict[str, str], body: bytes, drip_seconds: float) -> None:
        self.send_response(status)
        kind = "text/html" if body.startswith(b"<") else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in _pieces(body, drip_seconds):
            self.wfile.write(piece)
            self.wfile.flush()


def _pieces(body: bytes, drip_seconds: float) -> Iterator[bytes]:
    if not drip_seconds:
        yield body
        return
    for byte in body:
        yield bytes([byte])
        time.sleep(drip_seconds)  # no single read times out


def _endpoint(path: str) -> str:
    if path.startswith("/2/tweets/search"):
        return "search"
    if path.startswith("/2/tweets"):
        return "posts"
    if path.startswith("/2/lists/"):
        return "list"
    return "timeline" if path.endswith("/tweets") else "users"
