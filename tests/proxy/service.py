"""The server as a system service runs it: the listening socket stays open while the process is replaced."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType

from tests.support.commands import environment
from tests.support.http import visit
from tests.support.programs import PYTHON, ROOT, children_of, free_port, stop, wait_until
from tests.support.server import COMMAND

# systemd passes a socket as descriptor 3, to the process whose id is LISTEN_PID.
ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Service:
    """What `colonnade.socket` and `colonnade.service` do, without systemd."""

    def __init__(self, folder: Path, **env: object) -> None:
        self.log = folder / "service.log"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self.listener.getsockname()[1])
        self.env = environment(**{"METRICS_PORT": free_port(), "BIND": f"127.0.0.1:{self.port}", **env})
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        descriptor = self.listener.fileno()
        command = [PYTHON, "-c", ACTIVATE, str(descriptor), *COMMAND]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, pass_fds=[descriptor])

    def ready(self) -> bool:
        return visit(self.port, "north.localhost", "/readyz").status == 200

    def workers(self) -> set[int]:
        return set(children_of(self.process.pid))

    def reload(self) -> None:
        """SIGHUP: returns when every worker is a new one."""
        old = self.workers()
        os.kill(self.process.pid, signal.SIGHUP)
        wait_until(lambda: bool(self.workers()) and not self.workers() & old, what="new workers")

    def restart(self) -> None:
        """A new process of a new release; until it listens, the kernel holds the connections."""
        assert stop(self.process, seconds=40) == 0, self.log.read_text()
        self.process = self.start()

    def __enter__(self) -> Service:
        wait_until(self.ready, what="the service")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self.process)
        self.listener.close()
