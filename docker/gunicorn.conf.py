"""gunicorn, in development and production alike: `gunicorn -c docker/gunicorn.conf.py app.wsgi:application`."""

import os
from pathlib import Path
from typing import Any

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True
# The heartbeat file must be in memory: on a slow disk a worker would be killed for waiting on it.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
timeout = 30
graceful_timeout = 25
# Above the proxy's idle time, or it would send a request into a connection that is being closed.
keepalive = 75
# SECURITY: by default a trusted peer may set SCRIPT_NAME and PATH_INFO by header and so ask for one page under
# another one's address. The scheme is decided in app.tenancy.proxy alone, by TRUSTED_PROXIES.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True
max_requests = 0
limit_request_line = 8190


def post_worker_init(worker: Any) -> None:  # Any: gunicorn has no type for its workers
    """In each worker, after the fork: threads do not survive one."""
    from app.tenancy.directory import directory

    directory.follow()
