"""carry_static.py EARLIER NOW: copies the hashed files of the previous release next to those of this release.

While two releases run at the same time, a page of one release can request its style sheet from the other one. Only the
files of the previous release itself are copied, not the files that it copied from an older one.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path


def carry(earlier: Path, now: Path) -> None:
    manifest = earlier / "staticfiles.json"
    if not manifest.exists():
        return  # the base image, because no previous release was given
    for name in json.loads(manifest.read_text(encoding="utf-8"))["paths"].values():
        for file in (name, f"{name}.br", f"{name}.gz"):
            source, target = below(earlier, file), below(now, file)
            if source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def below(folder: Path, name: str) -> Path:
    """The file of that name. Ends the program if it is outside of the folder, also through a symbolic link."""
    path = (folder / name).resolve()
    # SECURITY: the names come from another image. The code of this release is next to the static files.
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        sys.exit(f"error: staticfiles.json of the previous release names {name!r}, which is outside of {folder}.")
    return path


if __name__ == "__main__":
    carry(Path(sys.argv[1]), Path(sys.argv[2]))
