"""gunicorn as a system service runs it: the listening socket belongs to somebody who outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType

from tests import services
from tests.proxy.exchange import get

# systemd's way to hand a socket over: it is descriptor 3, for the process of this very id.
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
        self.env = services.environment(
            **{"METRICS_PORT": services.free_port(), "BIND": f"127.0.0.1:{self.port}", **env}
        )
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        descriptor = self.listener.fileno()
        server = [services.PYTHON, "-m", "gunicorn", "-c", "docker/gunicorn.conf.py", "app.wsgi:application"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [services.PYTHON, "-c", ACTIVATE, str(descriptor), *server], cwd=services.ROOT, env=self.env,
                stdout=log, stderr=log, pass_fds=[descriptor],
            )  # fmt: skip

    def ready(self) -> bool:
        return get(self.port, "north.localhost", path="/readyz").status == 200

    def workers(self) -> set[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in path.read_text().split()}

    def reload(self) -> None:
        """HUP: returns when no worker is an old one."""
        old = self.workers()
        os.kill(self.process.pid, signal.SIGHUP)
        services.wait_until(lambda: bool(self.workers()) and not self.workers() & old, what="new workers")

    def restart(self) -> None:
        """A new process of a new release; until it listens, the kernel keeps the visitors waiting."""
        assert services.stop(self.process, seconds=40) == 0, self.log.read_text()
        self.process = self.start()

    def __enter__(self) -> Service:
        services.wait_until(self.ready, what="the service")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        services.stop(self.process)
        self.listener.close()
