"""`make run`, as a newcomer types it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.commands import environment, managed
from tests.support.http import request
from tests.support.programs import ROOT, free_port, running
from tests.support.server import settings_in

# What this checkout has is used as it is.
MADE = ("-o", ".venv/run-installed", "-o", "static/staticfiles.json")


@contextmanager
def made_to_run(folder: Path) -> Iterator[tuple[int, str]]:
    """The server of `make run` on a free port, and what it printed."""
    port, log = free_port(), folder / f"{len(list(folder.iterdir()))}.log"
    values = settings_in(folder) | {"BIND": f"127.0.0.1:{port}", "METRICS_PORT": str(free_port())}
    with running(["make", *MADE, "run"], port=port, env=environment(**values), log=log, what="make run"):
        yield port, log.read_text()


def test_it_prints_the_address_and_polls_only_for_a_new_demo(tmp_path: Path) -> None:
    count = ("shell", "-v0", "-c", "from app.twitter.models import Tweet; print(Tweet.all_sites.count())")
    with made_to_run(tmp_path) as (port, output):
        assert set(re.findall(r"http://north\.localhost:\d+/", output)) == {f"http://north.localhost:{port}/"}
        assert "poll_twitter:" in output
        assert request(port, host="north.localhost").status == 200
        posts = int(managed(*count, **settings_in(tmp_path)))
        assert posts > 0
    with made_to_run(tmp_path) as (port, output):
        assert f"http://north.localhost:{port}/" in output
        assert "poll" not in output
        assert int(managed(*count, **settings_in(tmp_path))) == posts


@pytest.mark.parametrize(("given", "bound"), [({}, "127.0.0.1:8000"), ({"BIND": "0.0.0.0:9000"}, "0.0.0.0:9000")])
def test_it_binds_loopback_unless_bind_says_otherwise(given: dict[str, str], bound: str, tmp_path: Path) -> None:
    """Programs of the test's own in place of Python and gunicorn, which print what they get."""
    for name in ("python", "gunicorn"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $BIND $*"\n')
        (tmp_path / name).chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name != "BIND"} | given
    done = subprocess.run(
        ["make", *MADE, "run", f"BIN={tmp_path}"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert f"gunicorn {bound} -c docker/gunicorn.conf.py app.wsgi:application" in done.stdout
    assert f"--port {bound.rpartition(':')[2]}" in done.stdout


def test_the_long_installation_shows_its_progress() -> None:
    done = subprocess.run(
        ["make", "-n", "-B", ".venv/dev-installed"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    installs = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert not [line for line in installs if "quiet" in line or " -q" in line]
