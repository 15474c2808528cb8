"""A Python environment per competitor, under var/bench/. The bare ones and the product share the checkout's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.programs import ROOT

VAR = ROOT / "var" / "bench"
PROJECTS = Path(__file__).parent / "projects"


def python_of(project: str) -> str:
    """The interpreter of a project's environment; `install` makes it."""
    return str(VAR / project / "bin" / "python") if _requirements(project).exists() else sys.executable


def install(project: str) -> None:
    """Makes the environment of a project if its requirements changed since the last run."""
    wanted, done = _requirements(project), VAR / project / "installed.txt"
    if not wanted.exists() or (done.exists() and done.read_text() == wanted.read_text()):
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", VAR / project], check=True)
    pip = [python_of(project), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)]
    subprocess.run(pip, check=True)
    done.write_text(wanted.read_text())


def versions(project: str) -> dict[str, str]:
    """Version by name of what a project's requirements name; of the checkout's environment for the others."""
    script = (
        "import importlib.metadata as m, sys\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(*[f'{n} {found[n]}' for n in sys.argv[1:] if n in found], sep='\\n')"
    )
    names = ["django", "gunicorn", "psycopg", "redis", "wagtail", "mezzanine", "whitenoise"]
    done = subprocess.run([python_of(project), "-c", script, *names], check=True, capture_output=True, text=True)
    return dict(line.split() for line in done.stdout.splitlines())


def _requirements(project: str) -> Path:
    return PROJECTS / project / "requirements.txt"
