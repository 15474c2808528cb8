"""The benchmark of pages runs, and a page costs the queries and function calls that are expected of it."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.programs import PYTHON, ROOT

pytestmark = pytest.mark.process


@pytest.mark.service("postgresql", "redis", "wrk")
def test_every_host_gets_its_page_at_the_expected_cost() -> None:
    done = subprocess.run(
        [PYTHON, "-m", "bench.pages", "--quick"], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "own-uncached" in done.stdout
