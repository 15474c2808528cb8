"""A client's connection, and the responses that the worker makes itself."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from gunicorn import util
from gunicorn.workers.gthread import TConn

from app.server.arrival import BUFFERED_BYTES, Arrival, State, reads_only

if TYPE_CHECKING:
    from app.server.worker import ProbePoolWorker

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


def response(status: str, text: str = "", *, header: str = "") -> bytes:
    """A whole response, after which the connection is closed."""
    kind = "Content-Type: text/plain; charset=utf-8\r\n" if text else ""
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(text)}\r\n{kind}{header}\r\n{text}".encode()


TOO_SLOW = response("408 Request Timeout")
TOO_MANY = response("503 Service Unavailable", header="Retry-After: 5\r\n")
REFUSALS = {
    State.HEAD_TOO_LARGE: response("431 Request Header Fields Too Large"),
    State.BODY_TOO_LARGE: response(
        "413 Content Too Large",
        "Nothing was saved: the request is too large. Sign in first, and send fewer or smaller files.\n",
    ),
}


def may_be_tried(conn: Connection) -> bool:
    """Whether the request may be started a second time, and was not yet."""
    return not conn.was_tried and reads_only(conn.arrival.head)


def received(sock: socket.socket) -> bytes | None:
    """What has arrived: None for nothing yet, no bytes when the client is gone."""
    try:
        return sock.recv(BUFFERED_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class Connection(TConn):
    """A client's connection, with the request that arrives on it."""

    def __init__(self, worker: ProbePoolWorker, sock: socket.socket, client: object, server: object) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.worker = worker
        self.arrival = Arrival(worker.pace, worker.largest_body)
        self.data_ready = True  # the thread that gets it need not wait
        self.was_tried = False  # without waiting

    def close(self, graceful: bool = False) -> None:
        """With `graceful` the client can still read the response: the poller waits for the client's end."""
        with suppress(OSError):
            if graceful:
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.setblocking(False)
                self.worker.linger(self)
                return
        util.close(self.sock)
