"""The files of the commit that is released, apart from whatever else is in the work folder."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from releases.commands import run


@contextmanager
def exported(root: Path, commit: str) -> Iterator[Path]:
    """A temporary folder with the committed files, and with the time of the commit on each."""
    with tempfile.TemporaryDirectory() as folder:
        archive, tree = Path(folder, "tree.tar"), Path(folder, "tree")
        run("git", "archive", f"--output={archive}", commit, folder=root)
        with tarfile.open(archive) as packed:
            packed.extractall(tree, filter="data")
        yield tree
