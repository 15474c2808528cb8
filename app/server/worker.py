"""gunicorn's threaded worker, in which neither a slow client nor a hanging database stops probes and stored pages.

A request gets a thread when all of it has arrived. Until then its connection waits in the poller, for a limited time
(`app.server.arrival`). When the database hangs, so does every page, and soon every thread: a probe that queued behind
them would fail, and the pod would be restarted, which repairs nothing. So probes have threads of their own. A request
that has waited for a thread is tried in one more, which serves what needs no database (`app.server.waiting`).
"""

from __future__ import annotations

import errno
import math
import resource
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from gunicorn import http, util
from gunicorn.workers.gthread import ThreadWorker

from app.server.arrival import BUFFERED_BYTES, Arrival, Pace, PacedUnreader, SlowBody, State, largest_body, probe_path
from app.server.connection import GO_ON, REFUSALS, TOO_MANY, TOO_SLOW, Connection, may_be_tried, received
from app.server.sending import AT_ONCE, PacedSender, Patience
from app.server.waiting import WouldWait, must_not_wait, without_waiting

PROBE_POOLS = {
    "livez": (("/livez",), 1),
    "other-probes": (("/readyz", "/startupz", "/healthz"), 4),
    "tls-ask": (("/tls/ask",), 1),  # a handshake waits for it
}
LARGE_BODY_THREADS = 2
# Large bodies that are read or wait for a thread, of each worker. More would wait longer than their clients do.
MOST_LARGE_BODIES = 10
# A request that has waited this long for a thread is tried without waiting.
QUEUED_SECONDS = 0.5
# Files that a worker opens beside connections: database, cache, logs, uploads.
OTHER_FILES = 128
LINGER_SECONDS, UNSENT_SECONDS, SWEEP_SECONDS = 2.0, 30, 0.25
# What a client may still send of a body that nobody read, before its next request.
DRAIN_SECONDS = 0.1
WAITS = object()


class ProbePoolWorker(ThreadWorker):
    """`worker_class` of docker/gunicorn.conf.py. `threads` counts the pages' threads, without all others.

    TLS is not supported: it ends in the proxy.
    """

    pace, patience = Pace(), Patience()
    largest_body = BUFFERED_BYTES  # until the settings are loaded

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        # Half of the files are for connections that are being closed.
        self.capacity = max(1, min(self.cfg.worker_connections, (files - OTHER_FILES) // 2))
        # SECURITY: a worker that stops accepting at its limit can be made to fail its probes by idle connections.
        self.worker_connections = sys.maxsize
        self.arriving: dict[Connection, None] = {}  # the oldest first
        # Requests in the pages' pool, and since when; those after the first `threads` wait for a thread.
        self.pages: dict[Connection, tuple[float, Future[Any]]] = {}
        self.large: set[Connection] = set()  # with a large body, in its thread or before it
        self.lingering: dict[Connection, float] = {}
        self.latest = float("inf")
        self.next_sweep = 0.0

    def init_process(self) -> None:
        self.probe_pools: dict[str, ThreadPoolExecutor] = {}
        for name, (paths, threads) in PROBE_POOLS.items():
            self.probe_pools |= dict.fromkeys(paths, ThreadPoolExecutor(threads, thread_name_prefix=name))
        self.large_bodies = ThreadPoolExecutor(LARGE_BODY_THREADS, thread_name_prefix="large-bodies")
        self.at_once = ThreadPoolExecutor(1, thread_name_prefix="without-waiting")
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.largest_body = largest_body(settings.MEDIA_MAX_MB)

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif not isinstance(error, BlockingIOError | ConnectionAbortedError):
                raise
            return  # another worker took it, the client gave up, or there was no room for it
        self.nr_conns += 1
        if self.nr_conns > self.capacity:
            self._make_room()
        with suppress(OSError):  # a unix socket has no such option
            # A client that reads nothing of its response does not keep a thread.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNSENT_SECONDS * 1000)
        self.enqueue_req(Connection(self, client, address, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """The next request of a connection: of a new one, or of one that was kept alive."""
        conn.arrival, conn.was_tried = Arrival(self.pace, self.largest_body), False
        conn.sock.setblocking(False)
        # Nearly always the request is there already: then the poller need not hear of the connection.
        self._receive(conn, conn.parser.unreader.take_buffered() if conn.parser else b"")

    def murder_pending(self) -> None:
        """Closes connections that have taken too long. gunicorn's loop calls it after each turn."""
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + SWEEP_SECONDS
        for conn in [conn for conn in self.arriving if min(conn.arrival.deadline, self.latest) <= now]:
            if conn.arrival.data:
                self.log.info("408: the request of %s took too long to arrive", conn.client)
            self._refuse(conn, TOO_SLOW)
        for conn in [conn for conn, until in self.lingering.items() if until <= now]:
            self._forget(conn)
        for conn, (since, future) in list(islice(self.pages.items(), self.cfg.threads, None)):
            if now - since >= QUEUED_SECONDS and may_be_tried(conn):
                future.cancel()  # `_after_handling` goes on

    def linger(self, conn: Connection) -> None:
        """Discards what a client still sends, until it closes the connection or two seconds are over."""
        if len(self.lingering) >= self.capacity:
            self._forget(next(iter(self.lingering)))
        self.lingering[conn] = time.monotonic() + LINGER_SECONDS
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_lingering_readable, conn))

    def handle(self, conn: Connection) -> Any:
        try:
            return super().handle(conn)
        except SlowBody:
            self.log.info("408: the body of %s took too long to arrive", conn.client)
            with suppress(OSError):
                conn.sock.sendall(TOO_SLOW)
            return False

    def handle_request(self, req: Any, conn: Connection) -> Any:
        if conn.arrival.was_expected:
            req._expected_100_continue = False  # it was sent
        plain = conn.sock
        conn.sock = PacedSender(plain, AT_ONCE if must_not_wait() else self.patience)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:  # of the sender, or TCP_USER_TIMEOUT
            self.log.info("%s did not read its response, or too slowly", conn.client)
            return False
        finally:
            conn.sock = plain

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> Any:
        if not keepalive:
            return False
        try:
            # Not gunicorn's five seconds, in which the client would keep the thread.
            return bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS))
        except http.errors.ParseException as error:
            # SECURITY: found in the rest of a body whose request has its response. gunicorn would send another one, and
            # a proxy could take that for the response to the next visitor's request.
            self.log.info("The body of %s is invalid: %s", conn.client, error)
            return False

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        if client.fileno() >= 0:  # it may have been closed since the poller saw it
            super().on_client_socket_readable(conn, client)

    def _on_readable(self, conn: Connection, _: object) -> None:
        if conn in self.arriving:  # it may have left since the poller saw it
            self._receive(conn)

    def _receive(self, conn: Connection, buffered: bytes = b"") -> None:
        data = buffered or received(conn.sock)
        if data is None:
            self._wait(conn)
        elif data:
            self._add(conn, data)
        else:
            self._leave(conn)
            self.nr_conns -= 1
            conn.close()

    def _wait(self, conn: Connection) -> None:
        if conn not in self.arriving:
            self.arriving[conn] = None
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_readable, conn))

    def _add(self, conn: Connection, data: bytes) -> None:
        state = conn.arrival.add(data)
        if state is State.ARRIVING:
            self._wait(conn)
            return
        if state is State.EXPECTED:
            with suppress(OSError):
                conn.sock.send(GO_ON)
            self._wait(conn)
            return
        if state in REFUSALS:
            self._refuse(conn, REFUSALS[state])
            return
        path = probe_path(conn.arrival.head)
        is_large = state is State.LARGE
        too_many = self.nr_conns > self.capacity or (is_large and len(self.large) >= MOST_LARGE_BODIES)
        if path not in self.probe_pools and too_many:
            self._refuse(conn, TOO_MANY)
            return
        if is_large:
            self.large.add(conn)
        pages = self.large_bodies if is_large else self.tpool
        self._start(conn, self.probe_pools.get(path, pages))

    def _start(self, conn: Connection, pool: ThreadPoolExecutor) -> None:
        self._leave(conn)
        oldest, _ = next(islice(self.pages.values(), self.cfg.threads, None), (math.inf, None))
        if pool is self.tpool and time.monotonic() - oldest >= QUEUED_SECONDS and may_be_tried(conn):
            self._try_without_waiting(conn)
        else:
            self._submit(conn, pool, self.handle)

    def _submit(self, conn: Connection, pool: ThreadPoolExecutor, handle: Callable[[Connection], Any]) -> None:
        conn.parser = conn.parser or http.get_parser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader = PacedUnreader(conn.sock, self.pace, bytes(conn.arrival.data))
        done: Future[Any] = pool.submit(handle, conn)
        if pool is self.tpool:
            self.pages[conn] = (time.monotonic(), done)
        done.add_done_callback(lambda future: self.method_queue.defer(self._after_handling, conn, future))

    def _after_handling(self, conn: Connection, future: Future[Any]) -> None:
        self.pages.pop(conn, None)
        self.large.discard(conn)
        if future.cancelled():
            self._try_without_waiting(conn)
        elif future.exception() is None and future.result() is WAITS:
            conn.parser = None  # nothing was read from the connection: the request is in `arrival`
            self._submit(conn, self.tpool, self.handle)
        else:
            self.finish_request(conn, future)

    def _try_without_waiting(self, conn: Connection) -> None:
        conn.was_tried = True
        self._submit(conn, self.at_once, self._handle_without_waiting)

    def _handle_without_waiting(self, conn: Connection) -> Any:
        try:
            with without_waiting():
                return self.handle(conn)
        except WouldWait:
            return WAITS

    def _refuse(self, conn: Connection, response: bytes) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        begun = bool(conn.arrival.data)  # a connection without a request gets no response
        if begun:
            with suppress(OSError):
                conn.sock.send(response)
        conn.close(graceful=begun)

    def _make_room(self) -> None:
        """Closes the connection that has waited longest without a complete request."""
        if self.arriving:
            self._refuse(next(iter(self.arriving)), TOO_MANY)
        elif self.lingering:
            self._forget(next(iter(self.lingering)))
        elif self.keepalived_conns:
            self.keepalived_conns[0].timeout = 0
            self.murder_keepalived()

    def _leave(self, conn: Connection) -> None:
        if conn in self.arriving:
            del self.arriving[conn]
            self.poller.unregister(conn.sock)

    def _on_lingering_readable(self, conn: Connection, _: object) -> None:
        if conn in self.lingering and received(conn.sock) == b"":
            self._forget(conn)

    def _forget(self, conn: Connection) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        util.close(conn.sock)

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits for connections without a request no longer than for idle ones."""
        super()._cap_keepalive(deadline)
        self.latest = deadline
