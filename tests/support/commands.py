"""`manage.py`: in a process of its own, as an operator runs it, and in the test's own process and database."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from app.tenancy.management import command_line
from tests.support.programs import PYTHON, ROOT

#: Nothing is stored in the checkout.
_media = TemporaryDirectory(prefix="colonnade-tests-media-")
SECRET_KEY = "only for tests, and long enough to be taken for a real one"


def environment(**values: object) -> dict[str, str]:
    """The environment of a process of the product: of this test run's own, only what any program needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"SECRET_KEY": SECRET_KEY, "MEDIA_ROOT": _media.name}
    return {**kept, **own, **{name: str(value) for name, value in values.items()}}


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


class ClosedPipe(io.StringIO):
    """What a command prints to when the program that reads its output has ended, as in `manage.py ... | head -1`."""

    def write(self, _: str, /) -> int:
        raise BrokenPipeError


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


def call(*arguments: str, stdin: str | bytes = "") -> str:
    """Runs a command in this process; its standard output. Raises `CommandError`."""
    output = io.StringIO()
    with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin if isinstance(stdin, bytes) else stdin.encode()))):
        call_command(*arguments, stdout=output)
    return output.getvalue()


def listed_sites() -> dict[str, dict[str, Any]]:
    """What `sites list --json` prints in this process, by key."""
    return {site["key"]: site for site in json.loads(call("sites", "list", "--json"))}


def call_main(*arguments: str, **env: object) -> subprocess.CompletedProcess[str]:
    """Runs a whole command line in this process, whatever its exit status; what it sets for its process is undone."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {name: str(value) for name, value in env.items()}),
        mock.patch.object(connections, "close_all"),  # the connection holds the test's transaction
        override_settings(MEZZANINE_SITE_ID=settings.MEZZANINE_SITE_ID),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            status = command_line.main(["manage.py", *arguments])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
    return subprocess.CompletedProcess(list(arguments), status, output.getvalue(), errors.getvalue())
