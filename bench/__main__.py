"""`python -m bench`: all benchmarks. `python -m bench NAME`: one. Each runs in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = [*FOLDER.glob("[a-z]*.py"), *(package.parent for package in FOLDER.glob("*/__main__.py"))]
NAMES = sorted(path.stem for path in MODULES)


def main(wanted: list[str]) -> int:
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.stderr.write(f"Unknown benchmark: {', '.join(unknown)}. Must be one of: {', '.join(NAMES)}.\n")
        return 2
    return max(run(name) for name in wanted or NAMES)


def run(name: str) -> int:
    sys.stdout.write(f"\n=== {name}\n")
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
