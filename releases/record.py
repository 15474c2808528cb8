"""What the steps of one release have made so far: dist/VERSION/release.json."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from releases.commands import Refused


@dataclass(frozen=True)
class Record:
    """A reference is `HOST/PATH@sha256:...`; an empty one has not been pushed."""

    version: str
    commit: str
    registry: str
    image: str = ""
    chart: str = ""
    #: What the image was built with: the base image, the image of the release before, and DOCKER_BUILD.
    base: str = ""
    earlier: str = ""
    docker_build: str = ""

    @property
    def image_name(self) -> str:
        return f"{self.registry}/colonnade"

    @property
    def chart_name(self) -> str:
        return f"{self.registry}/charts/colonnade"


def folder(root: Path, version: str) -> Path:
    """Where the files of a release are written; not tracked by Git."""
    path = root / "dist" / version
    path.mkdir(parents=True, exist_ok=True)
    return path


def start(root: Path, version: str, commit: str, registry: str) -> Record:
    """The record of this release. What was made from another commit, or for another registry, is not used."""
    if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)*", registry):
        raise Refused(f"REGISTRY must be a host and a path, such as ghcr.io/colonnade, not {registry!r}.")
    fresh = Record(version, commit, registry)
    file = root / "dist" / version / "release.json"
    if not file.exists():
        return fresh
    stored = Record(**json.loads(file.read_text()))
    return stored if (stored.commit, stored.registry) == (commit, registry) else fresh


def save(root: Path, record: Record) -> None:
    file = folder(root, record.version) / "release.json"
    file.write_text(json.dumps(asdict(record), indent=2) + "\n")
