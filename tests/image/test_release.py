"""`make release` against a registry: what is published, and what a repetition or another commit does to it.

The image is a small one. The real one is in the other modules, and only its size would be added here.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from helm_python import Chart, registry

from releases.commands import Refused
from releases.image import base
from releases.record import Record
from tests.chart.rendering import Object, Values, helms, parse
from tests.image.engine import docker
from tests.support.programs import ROOT
from tests.support.registry import digest_of, running_registry

pytestmark = [pytest.mark.service("docker", "registry")]
needs_cosign = pytest.mark.skipif(shutil.which("cosign") is None, reason="cosign is not installed here")
VERSION = "7.8.9"
NEEDED = ("Makefile", "pyproject.toml", ".gitignore", "app/__init__.py", "releases", "helm", "requirements")
BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "x"}]}
DOCKERFILE = """
FROM scratch
ARG VERSION REVISION
COPY sbom.cdx.json app /
LABEL org.opencontainers.image.version=$VERSION org.opencontainers.image.base.name=python:3.13-slim \
  org.cyclonedx.sbom=/sbom.cdx.json
"""


@dataclass(frozen=True)
class Release:
    root: Path
    registry: str

    def at(self, path: str) -> Release:
        """The same checkout, and a part of the registry in which nothing is published yet."""
        return replace(self, registry=f"{self.registry}/{path}")

    def make(self, target: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = ["make", target, f"VERSION={VERSION}", f"REGISTRY={self.registry}", *words]
        environment = {**os.environ, "COSIGN_PASSWORD": "", **env}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def commit(self) -> None:
        for words in (["add", "--all"], ["commit", "--quiet", "--message", "A commit"]):
            identity = ["-c", "user.name=nora", "-c", "user.email=nora@example.test"]
            subprocess.run(["git", *identity, *words], cwd=self.root, check=True)

    def files(self) -> list[str]:
        """The names of the files in the image that was built last."""
        name = docker("create", "--entrypoint=none", f"{self.registry}/colonnade:{VERSION}").stdout.strip()
        try:
            packed = subprocess.run(["docker", "export", name], capture_output=True, check=True).stdout
        finally:
            docker("rm", name)
        with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
            return tree.getnames()

    @property
    def published(self) -> tuple[str | None, str | None]:
        """The digests of the image and of the chart."""
        host, _, path = self.registry.partition("/")
        image, chart = (digest_of(host, f"{path}/{name}", VERSION) for name in ("colonnade", "charts/colonnade"))
        return image, chart


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """A checkout that is ready to be released, and an empty registry."""
    folder = tmp_path_factory.mktemp("release")
    root = folder / "checkout"
    for name in NEEDED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    (root / ".venv").symlink_to(ROOT / ".venv")
    (root / "Dockerfile").write_text(DOCKERFILE)
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{"type": "library", "name": "x"}],
    }
    (root / "sbom.cdx.json").write_text(json.dumps(bom))
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    (root / ".git" / "info" / "exclude").write_text(".venv\n")
    (root / ".gitignore").write_text("/dist/\n__pycache__/\n")
    (root / "CHANGELOG.md").write_text(f"# Changes\n\n## {VERSION} (2026-11-26)\n\n- One change.\n")
    with running_registry(folder) as host:
        made = Release(root, host)
        done = made.make("release-version")
        assert done.returncode == 0, done.stderr
        made.commit()
        yield made


def image_of(chart: list[Object]) -> str:
    (deployment,) = [one for one in chart if one["kind"] == "Deployment"]
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def rendered_image(chart: Chart, values: Values) -> str:
    texts = chart.render(values, name="demo")
    return image_of([one for name, text in texts.items() if name.endswith(".yaml") for one in parse(text)])


def test_the_chart_installs_the_image_that_was_pushed_with_it(release: Release, tmp_path: Path) -> None:
    release = release.at("installed")
    assert "cosign is not on PATH" in release.make("release", PATH=without_cosign()).stderr
    assert release.published == (None, None)

    done = release.make("release", "SIGN=no")

    assert done.returncode == 0, done.stderr
    image, chart = release.published
    expected = f"{release.registry}/colonnade@{image}"
    assert f"image: {expected}\nchart: {release.registry}/charts/colonnade@{chart}\nNOT SIGNED" in done.stdout
    assert f"git tag -a v{VERSION}" in done.stdout
    assert "- One change." in (release.root / "dist" / VERSION / "notes.md").read_text()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=release.root, capture_output=True, check=True)
    assert status.stdout == b"", "nothing is written to the work tree"

    name = f"oci://{release.registry}/charts/colonnade"
    registry.pull(name, version=VERSION, destination=tmp_path, plain_http=True)
    packaged = Chart.load(tmp_path / f"colonnade-{VERSION}.tgz")
    assert rendered_image(packaged, {}) == expected
    # The digest is not for an image of one's own, which has another tag or another name.
    assert rendered_image(packaged, {"image": {"tag": "1"}}) == f"{release.registry}/colonnade:1"
    assert rendered_image(packaged, {"image": {"repository": "agency/site"}}) == f"agency/site:{VERSION}"
    for helm in helms():
        options = ["--version", VERSION, "--plain-http", "--dry-run=client", "--output", "json"]
        dry = subprocess.run([helm, "install", "demo", name, *options], capture_output=True, text=True, check=False)
        assert dry.returncode == 0, dry.stderr
        made = json.loads(dry.stdout[dry.stdout.index("{") :])  # after the lines about the download
        assert image_of(list(parse(made["manifest"]))) == expected


def test_a_release_can_be_repeated_and_not_replaced(release: Release) -> None:
    release = release.at("repeated")
    first = release.make("release", "SIGN=no")
    before = release.published
    assert first.returncode == 0, first.stderr
    shutil.rmtree(release.root / "dist")

    again = release.make("release", "SIGN=no")
    assert again.returncode == 0, again.stderr
    assert release.published == before

    values = release.root / "helm" / "colonnade" / "values.yaml"
    values.write_text(f"{values.read_text()}# Another chart, with the same image.\n")
    release.commit()
    other = release.make("release", "SIGN=no")
    assert f"error: {release.registry}/charts/colonnade:{VERSION} exists with another content" in other.stderr
    (release.root / "sbom.cdx.json").write_text(json.dumps(BOM, indent=2))
    release.commit()
    other = release.make("release", "SIGN=no")
    assert f"error: {release.registry}/colonnade:{VERSION} exists with another content" in other.stderr
    assert release.published == before


def test_the_image_has_the_files_of_the_commit(release: Release) -> None:
    release = release.at("committed")
    (release.root / ".git" / "info" / "exclude").write_text(".venv\nignored.txt\n")
    (release.root / "app" / "ignored.txt").write_text("Git ignores this file.")
    done = release.make("release-image")
    assert done.returncode == 0, done.stderr
    files = release.files()
    assert "__init__.py" in files
    assert "ignored.txt" not in files


def test_what_another_run_pushed_during_the_build_is_not_replaced(release: Release, tmp_path: Path) -> None:
    first, release = release.at("first"), release.at("meantime")
    assert first.make("release-image").returncode == 0
    name = f"{release.registry}/colonnade:{VERSION}"
    push = tmp_path / "push"
    push.write_text(f"#!/bin/sh\ndocker tag {first.registry}/colonnade:{VERSION} {name}\ndocker push {name} >&2\n")
    push.chmod(0o755)
    done = release.make("release-image", DOCKER_BUILD=f"`{push}`")
    assert f"error: {name} was pushed by another run in the meantime." in done.stderr


def test_a_registry_that_does_not_respond(release: Release) -> None:
    done = release.make("release", "REGISTRY=127.0.0.1:9", "SIGN=no")
    assert done.returncode != 0
    assert "error: The registry 127.0.0.1:9 did not respond as expected." in done.stderr
    done = release.make("release", "REGISTRY=https://ghcr.io", "SIGN=no")
    assert "REGISTRY must be a host and a path" in done.stderr


def test_a_base_image_that_only_this_machine_has_is_for_trials(release: Release) -> None:
    name = "only-here.example.test/base:1"
    subprocess.run(["docker", "build", "--tag", name, "-"], input=b"FROM scratch\nLABEL a=b\n", check=True)
    there = f"{release.registry}/base"
    docker_build = f"--label=x=y --build-arg PYTHON_IMAGE={name}"
    try:
        with pytest.raises(Refused, match=f"The base image {name} cannot be pulled"):
            base(release.root, Record(VERSION, "", "registry.example.test"), docker_build)
        trial = Record(VERSION, "", release.registry)
        assert base(release.root, trial, docker_build) == name
        docker("tag", name, there)
        docker("push", there)
        assert base(release.root, trial, docker_build) == name, "the digest is that of another name"
        assert base(release.root, trial, f"--build-arg=PYTHON_IMAGE={there}").startswith(f"{there}@sha256:")
    finally:
        docker("rmi", name, there)


def key_pairs(folder: Path, *names: str) -> None:
    for name in names:
        command = ["cosign", "generate-key-pair", "--output-key-prefix", name]
        subprocess.run(command, cwd=folder, env={**os.environ, "COSIGN_PASSWORD": ""}, check=True)


@needs_cosign
def test_static_files_are_taken_from_a_verified_image_only(release: Release, tmp_path: Path) -> None:
    key_pairs(tmp_path, "ours", "theirs")
    root = tmp_path / "checkout"
    shutil.copytree(release.root, root, symlinks=True)
    release = replace(release, root=root).at("next")
    first = release.make("release", f"KEY={tmp_path / 'ours.key'}")
    assert first.returncode == 0, first.stderr
    earlier = f"{release.registry}/colonnade@{release.published[0]}"
    subprocess.run(["git", "tag", f"v{VERSION}"], cwd=root, check=True)
    later = "VERSION=7.8.10"
    assert release.make("release-version", later).returncode == 0
    (root / "CHANGELOG.md").write_text("# Changes\n\n## 7.8.10 (2026-11-26)\n\n- One change.\n")
    release.commit()
    record = root / "dist" / "7.8.10" / "release.json"

    bad = release.make("release-image", later, f"KEY={tmp_path / 'theirs.key'}")
    assert f"error: {earlier} is not verified (verify)" in bad.stderr
    assert f"The static files of v{VERSION} cannot be included. To build without them: EARLIER=no" in bad.stderr
    assert not record.exists()
    for word in ("EARLIER=no", "SIGN=no"):
        without = release.make("release-image", later, word)
        assert without.returncode == 0, without.stderr
        assert f"No static files of an earlier release are included ({word})." in without.stdout
        assert json.loads(record.read_text())["earlier"] == ""
    good = release.make("release-image", later, f"KEY={tmp_path / 'ours.key'}")
    assert good.returncode == 0, good.stderr
    assert json.loads(record.read_text())["earlier"] == earlier


@needs_cosign
def test_what_is_signed_is_verified(release: Release, tmp_path: Path) -> None:
    release = release.at("signed")
    key_pairs(tmp_path, "ours", "theirs")
    assert "There is no identity to sign with outside of a workflow" in release.make("release").stderr
    assert f"KEY={tmp_path / 'no.key'} is no file" in release.make("release", f"KEY={tmp_path / 'no.key'}").stderr
    done = release.make("release", f"KEY={tmp_path / 'ours.key'}")
    assert done.returncode == 0, done.stderr

    good = release.make("release-verify", f"KEY={tmp_path / 'ours.pub'}")
    assert good.returncode == 0, good.stderr
    assert "signed, and installs this image" in good.stdout
    assert "SBOM: signed, 1 components" in good.stdout
    bad = release.make("release-verify", f"KEY={tmp_path / 'theirs.pub'}")
    assert bad.returncode != 0
    assert "is not verified" in bad.stderr


def without_cosign() -> str:
    """PATH without the folders in which cosign is."""
    return os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if not Path(one, "cosign").exists())
