"""gunicorn's threaded worker with separate thread pools for probes.

When the database hangs, so does every page, and soon every thread. A probe that queued behind them would fail, and
the pod would be restarted, which repairs nothing. So probes are recognised before a thread is chosen, and have
threads of their own.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ

from gunicorn.workers.gthread import TConn, ThreadWorker

PROBE_POOLS = {"livez": (("/livez",), 1), "other-probes": (("/readyz", "/startupz", "/healthz"), 4)}
# The part of a request that is inspected; a probe of a kubelet or a proxy is far shorter.
PEEK_BYTES = 2048
FIRST_BYTES_SECONDS = 30.0


def probe_path(head: bytes) -> str:
    """The path of a request that may use a probe's thread pool; empty for any other.

    SECURITY: only a complete request without a body may. One that arrives slowly would occupy the pool, and anyone
    could then have the pods restarted.
    """
    lines, end, _ = head.partition(b"\r\n\r\n")
    method, _, rest = lines.partition(b" ")
    if not end or method not in (b"GET", b"HEAD"):
        return ""
    if b"\ncontent-length:" in lines.lower() or b"\ntransfer-encoding:" in lines.lower():
        return ""
    return rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")


class ProbePoolWorker(ThreadWorker):
    """`worker_class` of docker/gunicorn.conf.py. `threads` counts the pages' threads, without the probes'."""

    def init_process(self) -> None:
        self.probe_pools: dict[str, ThreadPoolExecutor] = {}
        for name, (paths, threads) in PROBE_POOLS.items():
            self.probe_pools |= dict.fromkeys(paths, ThreadPoolExecutor(threads, thread_name_prefix=name))
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """As the parent's, but a connection waits in the poller for its first bytes: they decide the pool."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another worker took it, or the client gave up
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + FIRST_BYTES_SECONDS
        self.pending_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def enqueue_req(self, conn: TConn) -> None:
        pool = self.probe_pools.get(self._path_of(conn)) or self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits for connections without a request no longer than for idle ones."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)

    def _path_of(self, conn: TConn) -> str:
        if self.cfg.is_ssl:
            return ""  # the bytes are encrypted
        try:
            return probe_path(conn.sock.recv(PEEK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return ""  # no bytes yet, or the connection is closed: the parent's way handles it
