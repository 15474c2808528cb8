"""The workflows of the hosted repository call what people call, and nothing that can change by itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.releases.conftest import Checkout
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


def test_a_waiting_release_is_not_cancelled_by_the_next_tag() -> None:
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert flow["concurrency"] == {"group": "${{ github.ref }}"}


@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("moved", ["", "to another commit", "away"])
def test_notes_are_published_only_for_the_tag_that_was_built(
    checkout: Checkout, tmp_path: Path, annotated: bool, moved: str
) -> None:
    checkout.commit()
    tag = ["tag", "--force", *(["--annotate", "--message", "1.2.3"] if annotated else []), "v1.2.3"]
    checkout.git(*tag)
    built = checkout.git("rev-parse", "HEAD")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", checkout.root, clone], check=True)
    (clone / "dist" / "1.2.3").mkdir(parents=True)
    if moved == "away":
        checkout.git("tag", "--delete", "v1.2.3")
    elif moved:
        checkout.commit()
        checkout.git(*tag)

    (step,) = [one for file in WORKFLOWS for one in steps(file) if "gh release create" in one.get("run", "")]
    called, program = tmp_path / "called", tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$2" >> {called}\n')
    program.chmod(0o755)
    environment = {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_REF": "refs/tags/v1.2.3",
        "GITHUB_REF_NAME": "v1.2.3",
        "GITHUB_SHA": built,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if moved else 0), done.stderr
    assert called.exists() is not bool(moved)
    assert ("error: refs/tags/v1.2.3 is now " in done.stderr) is bool(moved)


def test_only_the_release_may_write() -> None:
    for file in WORKFLOWS:
        flow = yaml.safe_load(file.read_text())
        assert flow["permissions"] == {"contents": "read"}
        writing = [name for name, job in flow["jobs"].items() if "write" in job.get("permissions", {}).values()]
        assert writing == (["release"] if file.name == "release.yml" else [])
