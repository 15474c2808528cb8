"""`python -m bench`: all benchmarks. `python -m bench NAME`: one. Each runs in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main(wanted: list[str]) -> int:
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.stderr.write(f"Unknown benchmark: {', '.join(unknown)}. Must be one of: {', '.join(NAMES)}.\n")
        return 2
    return max(
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode for name in wanted or NAMES
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
