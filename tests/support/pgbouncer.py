"""A PgBouncer of the tests' own, in transaction mode: after each transaction another client may get the connection."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgresql import PostgreSQL
from tests.support.programs import free_port, program, running

CONFIGURATION = """\
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {connections}
# Sent by the product at the start of a connection; PgBouncer cannot pass it on.
ignore_startup_parameters = options
"""


@contextmanager
def running_pgbouncer(server: PostgreSQL, role: str, *, connections: int = 1) -> Iterator[int]:
    """Its port. All clients share `connections` connections of `role` to the server."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="colonnade-pgbouncer-") as name:
        folder = Path(name)
        text = CONFIGURATION.format(server=server.port, port=port, folder=folder, connections=connections)
        (folder / "pgbouncer.ini").write_text(text)
        (folder / "users.txt").write_text(f'"{role}" ""\n')
        command = [str(program("pgbouncer")), str(folder / "pgbouncer.ini")]
        if os.geteuid() == 0:  # which PgBouncer refuses to run as
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "postgres", "postgres")
            command += ["--user", "postgres"]
        with running(command, port=port, log=folder / "log", what="PgBouncer"):
            yield port
