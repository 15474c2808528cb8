"""carry_static.py EARLIER NOW: puts an earlier release's hashed files beside this one's.

While two releases serve side by side, a page of either may ask the other for its style sheet. Only what that release
itself made is carried, not what it had carried in its turn.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path


def carry(earlier: Path, now: Path) -> None:
    manifest = earlier / "staticfiles.json"
    if not manifest.exists():
        return  # the base image, when no earlier release was named
    for name in json.loads(manifest.read_text(encoding="utf-8"))["paths"].values():
        for file in (name, f"{name}.br", f"{name}.gz"):
            if (earlier / file).exists() and not (now / file).exists():
                (now / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(earlier / file, now / file)


if __name__ == "__main__":
    carry(Path(sys.argv[1]), Path(sys.argv[2]))
