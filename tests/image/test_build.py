"""What is in the image, and what is not."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from tests.image.engine import SECRET, build, docker, inspect
from tests.support.programs import ROOT

pytestmark = [pytest.mark.service("docker")]

LIMIT = 220_000_000
INSTALLED = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"


def base() -> str:
    return next(value.partition("=")[2] for word, value in instructions() if word == "ARG")


def layers(image: str) -> list[str]:
    found: list[str] = inspect(image)["RootFS"]["Layers"]
    return found


@pytest.fixture(scope="module")
def files(image: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tarfile.TarInfo]:
    """Everything in the layers that are ours, deleted files included: path to entry."""
    saved = tmp_path_factory.mktemp("image") / "image.tar"
    docker("save", "--output", str(saved), image)
    with tarfile.open(saved) as archive:
        manifest = json.load(archive.extractfile("manifest.json") or io.BytesIO())
        ours = manifest[0]["Layers"][len(layers(base())) :]
        found: dict[str, tarfile.TarInfo] = {}
        for layer in ours:
            with tarfile.open(fileobj=archive.extractfile(layer)) as tree:
                for entry in tree:
                    found[f"/{entry.name}"] = entry
    return found


def test_it_is_small(image: str) -> None:
    assert inspect(image)["Size"] - inspect(base())["Size"] < LIMIT


def test_a_second_build_comes_from_the_cache(image: str) -> None:
    started = time.monotonic()
    output = build("colonnade:again")

    assert time.monotonic() - started < 15
    assert "CACHED" in output
    assert inspect("colonnade:again")["Id"] == inspect(image)["Id"]


def test_two_builds_of_a_commit_have_the_same_layers(image: str) -> None:
    build("colonnade:anew", "--no-cache")

    assert layers("colonnade:anew") == layers(image)


def test_it_says_what_it_is(image: str) -> None:
    labels = inspect(image)["Config"]["Labels"]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert labels["org.opencontainers.image.title"] == "Colonnade"
    assert labels["org.opencontainers.image.revision"] == commit.stdout.strip()
    assert labels["org.opencontainers.image.licenses"] == "BSD-3-Clause"
    dated = ["git", "log", "-1", "--format=%ct"]
    seconds = subprocess.run(dated, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert datetime.fromisoformat(labels["org.opencontainers.image.created"]).timestamp() == int(seconds)
    assert labels["org.opencontainers.image.base.name"] == base()
    assert labels["org.opencontainers.image.documentation"].startswith("https://")
    assert labels["org.opencontainers.image.source"].startswith("https://")
    assert labels["org.opencontainers.image.version"] in (ROOT / "pyproject.toml").read_text()


def test_it_runs_as_a_number_and_never_as_root(image: str) -> None:
    assert inspect(image)["Config"]["User"] == "10001:0"


def test_nothing_else_is_in_it(files: dict[str, tarfile.TarInfo]) -> None:
    odd = {path for path in files if not path.startswith(("/app", "/backups", "/data", "/media", "/work"))}
    unwanted = {".git", ".cache", "gcc", "cc", "pip", "uv", ".env"}
    ours = {Path(path).parts[2] for path in files if path.count("/") > 1 and path.startswith("/app")}

    assert odd == set()
    assert {path for path in files if unwanted & set(Path(path).parts)} == set()
    own = {"__pycache__", "app", "docker", "manage.py", "LICENSE", "source-date", "static", "var"}
    assert ours == {*own, ".venv", "sbom.cdx.json"}


def test_nothing_of_the_application_can_be_written_by_it(files: dict[str, tarfile.TarInfo]) -> None:
    loose = {
        path
        for path, entry in files.items()
        if path.startswith("/app") and not entry.issym() and (entry.mode & 0o022 or entry.uid != 0)
    }

    assert loose == set()
    assert {files[path].mode & 0o777 for path in ("/backups", "/data", "/media", "/work")} == {0o775}


def test_no_compiler_comes_with_the_base_either(image: str) -> None:
    found = docker(
        "run",
        "--rm",
        "--entrypoint=python",
        image,
        "-c",
        "import shutil; print(shutil.which('gcc'), shutil.which('cc'))",
    )

    assert found.stdout.split() == ["None", "None"]


def test_it_lists_what_it_is_made_of(image: str) -> None:
    """In CycloneDX, at the path that the label names: every pinned dependency, with its licence and what needs it."""
    labels = inspect(image)["Config"]["Labels"]
    bom = json.loads(docker("run", "--rm", "--entrypoint=cat", image, labels["org.cyclonedx.sbom"]).stdout)
    pins = docker("run", "--rm", "--entrypoint=python", image, "-c", INSTALLED).stdout.split()

    assert (bom["bomFormat"], bom["metadata"]["component"]["name"]) == ("CycloneDX", "colonnade")
    assert bom["metadata"]["component"]["version"] in (ROOT / "pyproject.toml").read_text()
    assert sorted(f"{one['name']}=={one['version']}" for one in bom["components"]) == sorted(pins)
    assert {one["purl"].partition(":")[0] for one in bom["components"]} == {"pkg"}
    assert [one["name"] for one in bom["components"] if not one.get("licenses")] == []
    assert len([one for one in bom["dependencies"] if one.get("dependsOn")]) > 10
    dates = (bom["metadata"]["timestamp"], labels["org.opencontainers.image.created"])
    assert len({datetime.fromisoformat(date).timestamp() for date in dates}) == 1


def test_no_secret_is_in_it(image: str) -> None:
    history = docker("history", "--no-trunc", "--format={{.CreatedBy}}", image).stdout
    config = json.dumps(inspect(image)["Config"])

    assert SECRET not in history + config
    assert not [line for line in inspect(image)["Config"]["Env"] if "SECRET" in line or "PASSWORD" in line]


def instructions() -> Iterator[tuple[str, str]]:
    for line in DockerfileParser(str(ROOT)).structure:
        yield line["instruction"], line["value"]


def test_old_and_mirrored_builders_can_read_the_dockerfile() -> None:
    text = (ROOT / "Dockerfile").read_text()
    images = [value for word, value in instructions() if word == "FROM"]

    assert "# syntax" not in text
    assert "--start-interval" not in text
    assert images
    assert all(value.startswith("${") and "@" not in value for value in images)


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")
