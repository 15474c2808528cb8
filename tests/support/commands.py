"""`manage.py` in a process of its own, as an operator runs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.programs import PYTHON, ROOT

SECRET_KEY = "only for tests, and long enough to be taken for a real one"


def environment(**values: object) -> dict[str, str]:
    """The environment of a process of the product: of this test run's own, only what any program needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "SECRET_KEY": SECRET_KEY, **{name: str(value) for name, value in values.items()}}


def manage(*arguments: str, stdin: str | None = None, **env: object) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, whatever its exit status."""
    command = [PYTHON, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**env), input=stdin, text=True, capture_output=True, check=False
    )


def managed(*arguments: str, stdin: str | None = None, **env: object) -> str:
    """Runs a command that has to succeed; its standard output."""
    done = manage(*arguments, stdin=stdin, **env)
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def managing(*arguments: str, **env: object) -> Iterator[subprocess.Popen[str]]:
    """A command that runs beside the test; killed at the end if it has not ended."""
    command = [PYTHON, "manage.py", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(**env), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
