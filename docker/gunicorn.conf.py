"""gunicorn, in development and production alike: `gunicorn -c docker/gunicorn.conf.py app.wsgi:application`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.observability import metrics_directory

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

# prometheus-client looks for it while it is imported, so this comes before the application.
shared_figures = metrics_directory.make()

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "app.server.worker.LaneWorker"
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True
# The heartbeat file must be in memory: on a slow disk a worker would be killed for waiting on it.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
timeout = 30
graceful_timeout = 25
# Above the proxy's idle time, or it would send a request into a connection that is being closed.
keepalive = 75
# SECURITY: by default a trusted peer may set SCRIPT_NAME and PATH_INFO by header and so ask for one page under
# another one's address. The scheme is decided in app.tenancy.requests.forwarded alone, by TRUSTED_PROXIES.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True
max_requests = 0
limit_request_line = 8190

metrics_port = int(os.environ.get("METRICS_PORT") or 9090)


def when_ready(_: Arbiter) -> None:
    """In the master, with the application loaded and before the first worker is forked."""
    from app.server import metrics_files as multiprocess
    from app.server import metrics_server

    metrics_server.listen_beside(bind, metrics_port)
    multiprocess.forget_master(shared_figures)


def post_worker_init(_: Worker) -> None:
    """In each worker, after the fork: threads do not survive one."""
    from app.server import metrics_server
    from app.tenancy.directory import directory

    directory.watch()
    metrics_server.serve()


def child_exit(server: Arbiter, worker: Worker) -> None:
    from app.server import metrics_files as multiprocess

    multiprocess.worker_gone(shared_figures, worker.pid, set(server.WORKERS))


def on_exit(_: Arbiter) -> None:
    metrics_directory.remove(shared_figures)
