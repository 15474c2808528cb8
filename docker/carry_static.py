"""carry_static.py EARLIER NOW: copies an earlier release's hashed static files to this one's.

While two releases serve side by side, a page of one may request its style sheet from the other. Only files of that
release itself are copied, not those that it had copied from an earlier one.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path


def carry(earlier: Path, now: Path) -> None:
    manifest = earlier / "staticfiles.json"
    if not manifest.exists():
        return  # the base image, when no earlier release was given
    for name in json.loads(manifest.read_text(encoding="utf-8"))["paths"].values():
        for file in (name, f"{name}.br", f"{name}.gz"):
            if (earlier / file).exists() and not (now / file).exists():
                (now / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(earlier / file, now / file)


if __name__ == "__main__":
    carry(Path(sys.argv[1]), Path(sys.argv[2]))
