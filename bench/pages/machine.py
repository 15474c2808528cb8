"""What a run ran on, for the document."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from bench.pages.competitors import COMPETITORS
from bench.pages.environments import versions
from tests.support.programs import program


def describe() -> dict[str, str]:
    programs = [first_line("postgres", "--version"), first_line("redis-server", "--version"), first_line("wrk", "-v")]
    return {
        "Machine": hardware(),
        "Programs": ", ".join([f"Python {platform.python_version()}", *programs]),
        **{f"Packages of {name}": packages(name) for name in dict.fromkeys(c.project for c in COMPETITORS.values())},
    }


def hardware() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, Linux {platform.release()}"


def packages(project: str) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions(project).items())


def first_line(name: str, argument: str) -> str:
    """wrk prints its version and fails."""
    done = subprocess.run([str(program(name)), argument], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0].partition(" Copyright")[0]
