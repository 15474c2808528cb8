"""The whole suite, as `make test` runs it: on SQLite always, on PostgreSQL when it is here."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.postgresql import running_postgresql, with_row_security
from tests.support.programs import REQUIRED, ROOT, missing

#: What row security could change.
WITH_ROW_SECURITY = tuple(
    f"tests/{name}" for name in ("rules", "tenancy", "accounts", "sign_in", "pages", "publishing", "twitter")
)


def run(label: str, *arguments: str, **env: str) -> int:
    sys.stdout.write(f"\n=== {label}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def main() -> int:
    worst = run("SQLite, and everything that runs once")
    in_process = ("-m", "not process")  # a process of the product does not use the database of the tests' own
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return max(worst, run("PostgreSQL (TEST_DATABASE_URL)", *in_process, DATABASE_URL=given))
    if missing("postgresql"):
        sys.stdout.write("\nPostgreSQL is not installed here: the suite ran on SQLite only.\n")
        return max(worst, 1 if REQUIRED else 0)
    with running_postgresql() as server:
        worst = max(worst, run("PostgreSQL", *in_process, DATABASE_URL=server.url()))
        paths = (*in_process, *WITH_ROW_SECURITY)
        return max(worst, run("PostgreSQL with row security", *paths, **with_row_security(server.url())))


if __name__ == "__main__":
    sys.exit(main())
