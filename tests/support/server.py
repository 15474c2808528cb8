"""The product's server, started as in production."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import http
from tests.support.commands import environment
from tests.support.http import NO_HEADERS, Response
from tests.support.programs import PYTHON, children_of, free_port, listens, running, wait_until

COMMAND = [PYTHON, "-m", "gunicorn", "-c", "docker/gunicorn.conf.py", "app.wsgi:application"]
WORKERS = 2  # WEB_CONCURRENCY's default
#: Arguments: limits for slow clients of a few seconds.
IMPATIENT = ["--worker-class", "tests.support.impatient.ImpatientWorker"]


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    metrics_port: int
    log: Path
    settings: dict[str, str]

    def request(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        host: str = "",
        headers: Mapping[str, str] = NO_HEADERS,
        timeout: float = 60.0,
    ) -> Response:
        return http.request(self.port, path, method=method, host=host, headers=headers, timeout=timeout)

    def metrics(self) -> dict[str, float]:
        """Every sample of the metrics port by its name and labels."""
        lines = http.request(self.metrics_port, "/metrics").body.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def workers(self) -> list[int]:
        return children_of(self.process.pid)

    def serves(self) -> bool:
        """With all of its workers."""
        wanted = int(self.settings.get("WEB_CONCURRENCY", WORKERS))
        return listens(self.port) and len(self.workers()) == wanted and self.request("/livez").status == 200


def settings_in(folder: Path) -> dict[str, str]:
    """Settings that keep what the product stores in a folder of the test's own."""
    return {"DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}", "MEDIA_ROOT": str(folder / "media")}


@contextmanager
def serving(folder: Path, options: Sequence[str] = (), /, **settings: object) -> Iterator[Server]:
    """The server on free ports, with its log in `folder`; yields when all workers serve.

    `options` are gunicorn's, and take precedence over docker/gunicorn.conf.py.
    """
    port, metrics_port = free_port(), free_port()
    own = {"BIND": f"127.0.0.1:{port}", "METRICS_PORT": str(metrics_port), "LOG_FORMAT": "json"}
    given = {name: str(value) for name, value in settings.items()}
    values = own | settings_in(folder) | given
    log = folder / "gunicorn.log"
    with running([*COMMAND, *options], port=port, env=environment(**values), log=log, what="gunicorn") as process:
        server = Server(process, port, metrics_port, log, values)
        wait_until(server.serves, what="every worker serves")
        yield server
