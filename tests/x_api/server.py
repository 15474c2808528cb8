"""The HTTP side of the stand-in: paging, rate headers, tokens, and faults to order."""

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

from tests.x_api.responses import Problem, answer
from tests.x_api.world import World

WINDOW_SECONDS = 900
LIMITS = {"search": 450, "timeline": 10_000, "list": 900, "posts": 3_500, "users": 300}


@dataclass
class Call:
    """One question that arrived."""

    endpoint: str
    path: str
    params: dict[str, str]
    token: str
    posts: int = 0
    status: int = 0


@dataclass
class Fault:
    """What to do to the next `times` calls whose path and query contain `where`, instead of answering."""

    where: str = ""
    times: int = 1
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    # Waits for `release` before going on; without a status it then answers as if nothing had happened.
    hold: bool = False
    cut: bool = False
    drip_seconds: float = 0.0
    taken: threading.Event = field(default_factory=threading.Event)
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
        self.calls: list[Call] = []
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
        """A client that was killed or gave up is part of the tests, not news."""

    def order(self, where: str = "", **what: Any) -> Fault:
        fault = Fault(where, **what)
        with self._lock:
            self._faults.append(fault)
        return fault

    def forget(self) -> None:
        """Starts counting calls again and drops the faults that nobody met."""
        with self._lock:
            self.calls.clear()
            self._faults.clear()

    def asked(self, endpoint: str) -> list[Call]:
        return [call for call in self.calls if call.endpoint == endpoint]

    def before(self, path: str, params: dict[str, str]) -> None:
        """Called before a question is answered, for whoever makes a world up on the way."""

    def take_fault(self, address: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.where in address and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def count(self, call: Call) -> dict[str, str]:
        """Counts a call against its window; raises 429 as X does when there is nothing left."""
        now = int(time.time())
        with self._lock:
            limit = self.limits[call.endpoint]
            left, reset = self.windows.get((call.token, call.endpoint), (limit, now + WINDOW_SECONDS))
            if reset <= now:
                left, reset = limit, now + WINDOW_SECONDS
            self.windows[call.token, call.endpoint] = max(left - 1, 0), reset
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(left - 1, 0)),
            "x-rate-limit-reset": str(reset),
        }
        if left <= 0:
            raise Problem(429, "about:blank", "Too Many Requests", "Too Many Requests", headers=headers)
        return headers

    def bill(self, call: Call, body: dict[str, Any]) -> None:
        """X bills a post once per app and UTC day, however often it is read."""
        if call.endpoint != "users":
            today = dt.datetime.now(dt.UTC).date()
            posts = [post for post in body.get("data", []) if "id" in post]
            call.posts = len(posts)
            with self._lock:
                self.billed |= {(call.token, int(post["id"]), today) for post in posts}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: XServer

    def log_message(self, *_: object) -> None:
        """The calls are kept on the server, not printed."""

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        call = Call(_endpoint(parts.path), parts.path, dict(parse_qsl(parts.query)), token)
        self.server.calls.append(call)
        time.sleep(self.server.latency)  # the distance to X, when a benchmark asks for one
        fault = self.server.take_fault(self.path)
        if fault and not self._suffer(fault, call):
            return
        try:
            status, headers, body = 200, *self._answer(call)
        except Problem as problem:
            status, headers, body = problem.status, problem.headers, problem.body()
        call.status = status
        drip = fault.drip_seconds if fault else 0.0
        self._send(status, headers, json.dumps(body).encode(), drip)

    def _answer(self, call: Call) -> tuple[dict[str, str], dict[str, Any]]:
        if call.token not in self.server.tokens:
            raise Problem(401, "about:blank", "Unauthorized", "Unauthorized")
        headers = self.server.count(call)
        self.server.before(call.path, call.params)
        body = answer(self.server.world, call.path, call.params, largest_page=self.server.largest_page)
        self.server.bill(call, body)
        return headers, body

    def _suffer(self, fault: Fault, call: Call) -> bool:
        """Carries the fault out; True when the real answer follows."""
        fault.taken.set()
        if fault.hold:
            fault.release.wait()
        if fault.cut:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
            self.wfile.flush()
            self.close_connection = True
            return False
        if fault.status is None:
            return True
        call.status = fault.status
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
    for number in body:
        yield bytes([number])
        time.sleep(drip_seconds)  # a peer that is alive and useless, which no single read notices


def _endpoint(path: str) -> str:
    if path.startswith("/2/tweets/search"):
        return "search"
    if path.startswith("/2/tweets"):
        return "posts"
    if path.startswith("/2/lists/"):
        return "list"
    return "timeline" if path.endswith("/tweets") else "users"
