"""Other programs, and the one exception with which a step ends."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


class Refused(Exception):
    """A step cannot go on. The message says what is wrong and what to do."""


def run(*command: str, folder: Path, **env: str) -> str:
    """The standard output of a program. Raises `Refused` with the end of its messages if it fails."""
    done = attempt(*command, folder=folder, **env)
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-2000:]
        raise Refused(f"`{' '.join(command[:3])} ...` failed with exit status {done.returncode}:\n{words}")
    return done.stdout


def attempt(*command: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A program that may fail. Raises `Refused` only if it is not installed."""
    if shutil.which(command[0]) is None:
        raise Refused(f"{command[0]} is not installed, or not on PATH.")
    environment = {**os.environ, **env}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
