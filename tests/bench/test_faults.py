"""The benchmark of faults runs, and no site shows another one's page meanwhile."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.programs import PYTHON, ROOT

pytestmark = pytest.mark.process


@pytest.mark.service("postgresql", "redis", "wrk")
def test_pages_while_a_worker_is_killed_and_a_pod_is_replaced() -> None:
    done = subprocess.run(
        [PYTHON, "-m", "bench.faults", "--only", "kill", "sigterm"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
