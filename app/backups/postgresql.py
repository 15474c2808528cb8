"""pg_dump and pg_restore. What they need is in the working folder, so that a container without the product can run it.

No password is on a command line: other users of the machine see those.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import connection

from app.backups.errors import BackupFailed, BackupRefused
from app.backups.places import Folder, storage_faults
from app.backups.state import write_text
from app.postgresql import authorities

DUMP, LOAD = "dump.sh", "load.sh"
ROWS = "rows"
#: What libpq knows since PostgreSQL 13: the one of the programs may be older than the one of this process.
PARAMETERS = {
    *("host", "hostaddr", "port", "user", "dbname", "options", "connect_timeout", "target_session_attrs"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword", "ssl_min_protocol_version"),
    *("channel_binding", "gssencmode", "krbsrvname"),
}
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
#: What is in the working folder beside the dump, with the password of the database.
WRITTEN = ("service", DUMP, LOAD, ROWS, *FILES)
HEAD = r"""#!/bin/sh
set -eu
cd "$(dirname "$0")"
export LC_ALL=C PGSERVICEFILE="$PWD/service" PGPASSWORD={password}
"""
# A lock that a migration holds is waited for only so long: the locks that the dump has already hold up the migration.
# Rows are counted in the dump itself: the numbers are of the same moment, and a dump that cannot be read ends here.
# pg_restore may end within a row, so the sign of its failure begins a new line.
DUMP_LINES = r"""rm -f rows
pg_dump --dbname=service=database --format=custom --lock-wait-timeout=60000 --file=database
{ pg_restore --data-only --file=- database || printf '\n\\!\n'; } | awk '
  $0 == "\\!" { failed = 1; next }
  inside && $0 == "\\." { inside = 0; next }
  inside { rows[table]++; next }
  /^COPY / {
    table = substr($0, 6)
    match(table, /^("([^"]|"")*"|[^". ]+)(\.("([^"]|"")*"|[^". ]+))?/)
    table = substr(table, 1, RLENGTH); rows[table] = 0; inside = 1
  }
  END { if (failed || inside) exit 1; for (table in rows) print rows[table], table }
' > rows.part
mv rows.part rows
"""
# Comments on extensions, publications and subscriptions need a superuser, or a role of their own.
LOAD_LINES = r"""pg_restore --dbname=service=database --single-transaction --exit-on-error --no-owner --no-acl \
  --no-comments --no-publications --no-subscriptions database
"""
# As the dump spells it: "schema.table", each quoted if it has to be. CREATE EXTENSION fills tables of its own.
FIND_TABLE = """
SELECT format('%%I.%%I', nspname, relname),
  EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = to_regclass(%s)
"""


def prepare(folder: Folder, script: str) -> None:
    """Writes the script and the connection of this process's database: in the dump's case, of the tables' owner.

    Raises `BackupRefused` if it needs the authorities of this machine, and there are none.
    """
    (folder.path / ROWS).unlink(missing_ok=True)  # of an earlier dump
    connection.ensure_connection()
    info: Any = connection.connection.info
    parameters = {name: value for name, value in info.get_parameters().items() if name in PARAMETERS}
    # The deployment's own limit is for pages.
    parameters["options"] = f"{parameters.get('options', '')} -c statement_timeout=0".strip()
    for name in FILES:
        value = parameters.get(name, "")
        if (name, value) == ("sslrootcert", authorities.SYSTEM):
            _write_authorities(folder, name)
            parameters["sslmode"] = "verify-full"  # what `system` means
        elif Path(value).is_file():
            with storage_faults(folder.label), Path(value).open("rb") as file:
                folder.write(name, file)
        else:
            continue
        parameters[name] = str(folder.path / name)
    lines = [f"{name}={value}" for name, value in parameters.items()]
    write_text(folder, "service", "\n".join(["[database]", *lines, ""]))
    body = DUMP_LINES if script == DUMP else LOAD_LINES
    write_text(folder, script, HEAD.replace("{password}", shlex.quote(info.password)) + body)


def _write_authorities(folder: Folder, name: str) -> None:
    """The image of the programs may have none."""
    with storage_faults(folder.label):
        trusted = authorities.as_pem()
    if not trusted:
        raise BackupRefused(
            "sslrootcert=system: there are no certificate authorities here for pg_dump and pg_restore. "
            "Name their file with SSL_CERT_FILE."
        )
    folder.write(name, io.BytesIO(trusted))


def run(folder: Folder, script: str) -> None:
    """Runs a script of `prepare`. Raises `BackupFailed`."""
    done = subprocess.run(["sh", str(folder.path / script)], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it ended without a message"]
        raise BackupFailed(f"{'The dump' if script == DUMP else 'pg_restore'} failed: {lines[0]}")


def refuse_old_programs() -> None:
    """Raises `BackupRefused` unless pg_dump and pg_restore are here, and not older than the server."""
    server = connection.connection.info.server_version // 10_000
    install = f"Install postgresql-client-{server}, or a newer one."
    for program in ("pg_dump", "pg_restore"):
        if shutil.which(program) is None:
            raise BackupRefused(f"There is no {program} on PATH. {install}")
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"\) (\d+)", shown)
        if found is None or int(found[1]) < server:
            raise BackupRefused(
                f"{program} has version {found[1] if found else 'unknown'}, and the server {server}. {install}"
            )


def rows(folder: Folder) -> dict[str, int]:
    """How many rows of each table the dump has. Raises `BackupFailed` if it is not complete."""
    try:
        lines = (folder.path / ROWS).read_text().splitlines()
    except OSError:
        raise BackupFailed(f"{folder.label} has no complete dump: {DUMP} did not succeed.") from None
    return {table: int(number) for number, _, table in (line.partition(" ") for line in lines)}


def rows_in_database(tables: Iterable[str]) -> dict[str, int | None]:
    """How many rows each table of a dump has now, None if it does not exist; tables of extensions are left out."""
    found: dict[str, int | None] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(FIND_TABLE, [table])
            quoted, of_extension = cursor.fetchone() or ("", False)
            if quoted and not of_extension:
                cursor.execute(f"SELECT count(*) FROM {quoted}")  # noqa: S608  # the server has quoted it
                (found[table],) = cursor.fetchone()
            elif not quoted:
                found[table] = None
    return found
