"""The whole suite, as `make test` runs it: on SQLite always, on PostgreSQL when it is here.

With the argument `isolation` only that part of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.postgresql import running_postgresql
from tests.support.programs import REQUIRED, ROOT, missing

ISOLATION = ("-p", "app.testing", "-p", "tests.third_party.isolation", "--pyargs", "app.testing")
IN_PROCESS = ("-m", "not process")  # a process of the product does not use the database of the tests' own
#: How the suite runs on PostgreSQL: what it is called, and the environment of the run.
ON_POSTGRESQL: tuple[tuple[str, dict[str, str]], ...] = (("PostgreSQL", {}),)


def run(label: str, *arguments: str, **env: str) -> int:
    sys.stdout.write(f"\n=== {label}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def isolation(label: str, **env: str) -> int:
    # Each test has its own rows rolled back, so any process may run any of them.
    return run(f"Isolation on {label}", "--dist", "worksteal", *ISOLATION, **env)


def main(*, only_isolation: bool) -> int:
    worst = 0 if only_isolation else run("SQLite, and everything that runs once")
    worst = max(worst, isolation("SQLite"))
    with postgresql() as url:
        if url is None:
            sys.stdout.write("\nPostgreSQL is not installed here: the suite ran on SQLite only.\n")
            return max(worst, 1 if REQUIRED else 0)
        for label, env in ON_POSTGRESQL:
            if not only_isolation:
                worst = max(worst, run(label, *IN_PROCESS, DATABASE_URL=url, **env))
            worst = max(worst, isolation(label, DATABASE_URL=url, **env))
    return worst


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The address of TEST_DATABASE_URL, or of a server of the tests' own; None without one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given or missing("postgresql"):
        yield given or None
        return
    with running_postgresql() as server:
        yield server.url()


if __name__ == "__main__":
    sys.exit(main(only_isolation=sys.argv[1:] == ["isolation"]))
