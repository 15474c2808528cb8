"""Versions: which one is released, which was before, and every file that repeats the number."""

from __future__ import annotations

import re
from pathlib import Path

from releases.commands import Refused, attempt, run

Version = tuple[int, int, int]
NUMBER = r"(\d+\.\d+\.\d+)"
SOURCE = "pyproject.toml"
#: pyproject.toml has the version. The other places repeat it: what reads them sees no other file.
PLACES = (
    (SOURCE, rf'^version = "{NUMBER}"$'),
    ("app/__init__.py", rf'^__version__ = "{NUMBER}"$'),
    ("helm/colonnade/Chart.yaml", rf"^version: {NUMBER}$"),
    ("helm/colonnade/Chart.yaml", rf'^appVersion: "{NUMBER}"$'),
    ("helm/colonnade/Chart.yaml", rf"^      image: ghcr\.io/colonnade/colonnade:{NUMBER}$"),
)


def parse(text: str) -> Version:
    """Raises `Refused` for anything but X.Y.Z."""
    found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    if found is None:
        given = f"not {text!r}" if text else "and it is missing"
        raise Refused(f"VERSION must be three numbers, {given}: make release VERSION=1.2.3")
    return int(found[1]), int(found[2]), int(found[3])


def written(root: Path) -> list[tuple[str, str]]:
    """Each place with the version that it has; an empty one where none was found."""
    found = ((file, re.search(pattern, (root / file).read_text(), re.MULTILINE)) for file, pattern in PLACES)
    return [(file, match[1] if match else "") for file, match in found]


def write(root: Path, version: str) -> None:
    """Writes a version to every place."""
    parse(version)
    for file, pattern in PLACES:
        path = root / file
        text = path.read_text()
        match = re.search(pattern, text, re.MULTILINE)
        if match is None:
            raise Refused(f"{file} has no line for the version.")
        path.write_text(f"{text[: match.start(1)]}{version}{text[match.end(1) :]}")


def previous(root: Path, version: str) -> str | None:
    """The tag of the newest release below this commit, apart from that of `version` itself."""
    tags = run("git", "tag", "--merged", "HEAD", "--list", "v*", folder=root).split()
    numbers = {tag[1:]: tag for tag in tags if is_tag(tag) and tag != f"v{version}"}
    return numbers[max(numbers, key=parse)] if numbers else None


def is_tag(name: str) -> bool:
    """Is it the name of a release's tag, vX.Y.Z?"""
    return re.fullmatch(rf"v{NUMBER}", name) is not None


def commit(root: Path, name: str = "HEAD") -> str | None:
    """The full hash of a commit or of a tag's commit."""
    done = attempt("git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", folder=root)
    return done.stdout.strip() or None
