"""The whole suite, as `make test` runs it: on SQLite always, on PostgreSQL when it is here.

With the argument `isolation` only the isolation tests, all of them on each database. Otherwise the two runs on
PostgreSQL share the requests of the isolation tests, and the run on SQLite sends a quarter of them: each request is
sent on PostgreSQL once, without row security or with it. Where there is no PostgreSQL, all are sent on SQLite.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.support.postgresql import running_postgresql, with_row_security
from tests.support.programs import REQUIRED, ROOT, missing

BEGUN = time.monotonic()
ISOLATION = ("-p", "app.testing", "-p", "tests.third_party.isolation", "--pyargs", "app.testing")
IN_PROCESS = ("-m", "not process")  # a process of the product does not use the database of the tests' own
#: What row security could change.
WITH_ROW_SECURITY = tuple(
    f"tests/{name}"
    for name in ("rules", "tenancy", "accounts", "sign_in", "pages", "publishing", "media", "redirects", "twitter")
)


def run(label: str, *arguments: str, **env: str) -> int:
    sys.stdout.write(f"\n=== {label} (after {(time.monotonic() - BEGUN) / 60:.0f} min)\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def isolation(label: str, part: str = "1/1", **env: str) -> int:
    # Each test has its own rows rolled back, so any process may run any of them.
    return run(f"Isolation on {label}", "--dist", "worksteal", *ISOLATION, f"--isolation-part={part}", **env)


def main(*, only_isolation: bool) -> int:
    given, none = os.environ.get("TEST_DATABASE_URL"), missing("postgresql")
    worst = 0 if only_isolation else run("SQLite, and everything that runs once")
    worst = max(worst, isolation("SQLite", "1/1" if only_isolation or (none and not given) else "1/4"))
    if given:
        return max(worst, on_postgresql("PostgreSQL (TEST_DATABASE_URL)", only_isolation, "1/1", DATABASE_URL=given))
    if none:
        sys.stdout.write("\nPostgreSQL is not installed here: the suite ran on SQLite only.\n")
        return max(worst, 1 if REQUIRED else 0)
    with running_postgresql() as server:
        parts = ("1/1", "1/1") if only_isolation else ("1/2", "2/2")
        worst = max(worst, on_postgresql("PostgreSQL", only_isolation, parts[0], DATABASE_URL=server.url()))
        label, env = "PostgreSQL with row security", with_row_security(server.url())
        return max(worst, on_postgresql(label, only_isolation, parts[1], *WITH_ROW_SECURITY, **env))


def on_postgresql(label: str, only_isolation: bool, part: str, *paths: str, **env: str) -> int:
    worst = 0 if only_isolation else run(label, *IN_PROCESS, *paths, **env)
    return max(worst, isolation(label, part, **env))


if __name__ == "__main__":
    sys.exit(main(only_isolation=sys.argv[1:] == ["isolation"]))
