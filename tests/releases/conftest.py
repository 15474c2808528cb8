"""A checkout that is small, and has all that the first step of a release reads."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from releases.checks import check
from releases.commands import Refused

CHART = "helm/colonnade"


@dataclass(frozen=True)
class Checkout:
    """A Git repository of the test's own."""

    root: Path

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=nora", "-c", "user.email=nora@example.test", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def values(self, values: dict[str, object], **kinds: dict[str, object]) -> None:
        """The chart's values and, per key, its schema."""
        self.write(f"{CHART}/values.yaml", yaml.safe_dump(values))
        self.write(f"{CHART}/values.schema.json", json.dumps({"properties": kinds}))

    def version(self, number: str, changes: str = "", upgrading: str = "") -> None:
        """Writes a version everywhere, with its part of CHANGELOG.md and UPGRADING.md, and commits."""
        self.write("pyproject.toml", f'[project]\nversion = "{number}"\n')
        self.write("app/__init__.py", f'__version__ = "{number}"\n')
        image = f"annotations:\n  images: |\n    - name: x\n      image: ghcr.io/colonnade/colonnade:{number}\n"
        self.write(f"{CHART}/Chart.yaml", f'version: {number}\nappVersion: "{number}"\n{image}')
        self.write("CHANGELOG.md", changes or f"# Changes\n\n## {number} (2026-11-26)\n\n- A change.\n")
        self.write(f"{CHART}/UPGRADING.md", f"# Upgrading\n\n## {number}\n\n{upgrading}\n\n## 0.0.1\n\n`tls`.\n")
        self.commit()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A commit")

    def release(self, number: str) -> None:
        self.version(number)
        self.git("tag", f"v{number}")

    def refusal(self, number: str) -> str:
        """Why a version cannot be released; empty if it can."""
        try:
            check(self.root, number)
        except Refused as refused:
            return str(refused)
        return ""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path / "checkout")
    made.root.mkdir()
    made.git("init", "--quiet")
    made.values({"image": {"tag": "", "pullPolicy": "Always"}, "tls": {"mode": "none"}, "sites": {}})
    return made
