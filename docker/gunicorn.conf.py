"""gunicorn, in development and production alike: `gunicorn -c docker/gunicorn.conf.py app.wsgi:application`."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.server import metrics_directory

# Nearly all that is created while the application is loaded stays: looking through it for garbage makes the start
# longer. `when_ready` collects once. SIGHUP reads this file again, but does not load the application again.
if "app.wsgi" not in sys.modules:
    gc.disable()

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

# prometheus-client reads it while it is imported: so before the application, and no import of it above the hooks.
metrics_directory.create()


def number(name: str, default: int) -> int:
    """A bad value is reported by app.settings, together with all others."""
    value = os.environ.get(name, "")
    return int(value) if value.isdecimal() else default


bind = os.environ.get("BIND") or "0.0.0.0:8000"
workers = number("WEB_CONCURRENCY", 2)
worker_class = "app.server.worker.ProbePoolWorker"
threads = number("WEB_THREADS", 4)
preload_app = True
# The heartbeat file must be in memory: on a slow disk a worker would be killed for waiting on it.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
timeout = 30
graceful_timeout = 25
# Above the proxy's idle time, or it would send a request into a connection that is being closed.
keepalive = 75
# SECURITY: by default a trusted peer may set SCRIPT_NAME and PATH_INFO by header and so request one page under
# another one's address. The scheme is decided in app.tenancy.requests.forwarded alone, by TRUSTED_PROXIES.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True
max_requests = 0  # a worker that ends leaves a file of counts (app.server.metrics_directory): workers are not recycled
limit_request_line = 8190

metrics_port = number("METRICS_PORT", 9090)


def when_ready(_: Arbiter) -> None:
    """In the master, with the application loaded and before the first worker is forked."""
    from prometheus_client.multiprocess import mark_process_dead

    from app.server import metrics_server

    try:
        metrics_server.listen(bind, metrics_port)
    except metrics_server.PortUnavailable as error:
        metrics_directory.remove()
        sys.stderr.write(f"{error}\n")
        sys.exit(2)  # as for every setting that cannot be used: a restart would not help
    mark_process_dead(os.getpid())  # it serves nothing: the zeros of its gauges would be every minimum
    # A collection in a worker would write to every object that it shares with the master, and so copy it.
    gc.collect()
    gc.freeze()
    gc.enable()


def post_worker_init(_: Worker) -> None:
    from app.server import metrics_server, warm_up

    warm_up.start_worker()
    metrics_server.serve()


def child_exit(_: Arbiter, worker: Worker) -> None:
    """Removes the worker's gauges. Its counts stay: they have been counted."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)


def on_exit(_: Arbiter) -> None:
    metrics_directory.remove()
