"""The workflows of the hosted repository call what people call, and nothing that can change by itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.programs import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(file: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    return [step for job in jobs for step in [*job.get("steps", []), job] if "uses" in step or "run" in step]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_their_hash(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"\./\S+|\S+@[0-9a-f]{40}", name)] == []


def test_they_call_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(step.get("run", "") for file in WORKFLOWS for step in steps(file))
    called = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert called == {"release", "release-verify"}
    assert called <= targets
    assert ".ci/run" in text


@pytest.mark.parametrize("how", ["argument", "environment"])
@pytest.mark.parametrize("name", ["VERSION", "REGISTRY", "KEY", "SIGN", "EARLIER"])
@pytest.mark.parametrize("target", ["release", "release-image"])
def test_what_is_given_to_make_is_no_command(target: str, name: str, how: str, tmp_path: Path) -> None:
    """The name of a tag becomes the version; Git permits quotes, semicolons and dollar signs in it."""
    planted = f'1";touch${{IFS}}{tmp_path}/shell;"$(shell touch {tmp_path}/make)$$x'
    given = {"VERSION": "1", "REGISTRY": "r", "KEY": "k", "SIGN": "s", "EARLIER": "e"} | {name: planted}
    command = ["make", "--assume-old=install", "RELEASE=printf '%s\\n'", target]
    words = [f"{key}={value}" for key, value in given.items()]
    done = subprocess.run(
        [*command, *words] if how == "argument" else command,
        cwd=ROOT,
        env={**os.environ, **(given if how == "environment" else {})},
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
    arguments = done.stdout.splitlines()
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert options == {f"--{key.lower()}": value for key, value in given.items()}


def test_only_the_release_may_write() -> None:
    for file in WORKFLOWS:
        flow = yaml.safe_load(file.read_text())
        assert flow["permissions"] == {"contents": "read"}
        writing = [name for name, job in flow["jobs"].items() if "write" in job.get("permissions", {}).values()]
        assert writing == (["release"] if file.name == "release.yml" else [])
