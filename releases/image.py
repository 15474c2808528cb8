"""The second step: the image is built, pushed, and named by the digest that the registry gave it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any  # Any: what `docker inspect` prints

from releases import registry, source, versions
from releases.commands import Refused, attempt, run
from releases.record import Record

BASE = "python:3.13-slim"


def ready(root: Path) -> None:
    """Raises `Refused` without a Docker engine."""
    done = attempt("docker", "info", folder=root)
    if done.returncode:
        raise Refused(
            f"There is no Docker engine (DOCKER_HOST): {(done.stderr.strip() or 'no message').splitlines()[0]}"
        )


def publish(root: Path, record: Record) -> Record:
    """Builds the image and pushes it, unless the registry has the same already."""
    ready(root)
    there = registry.digest(record.image_name, record.version)
    tag = f"{record.image_name}:{record.version}"
    build(root, record, tag)
    if there is None:
        # SECURITY: the build takes minutes. What was pushed under this version in the meantime is not replaced.
        if registry.digest(record.image_name, record.version):
            raise Refused(f"{tag} was pushed by another run in the meantime. Run this step again to compare the two.")
        run("docker", "push", tag, folder=root)
        there = registry.digest(record.image_name, record.version)
        # SECURITY: what is signed later is what this engine pushed, and not what somebody else pushed in between.
        if f"{record.image_name}@{there}" not in inspect(root, tag)["RepoDigests"]:
            raise Refused(f"{tag} in the registry is not what was just pushed ({there}).")
        return record.with_(image=f"{record.image_name}@{there}")
    reference = f"{record.image_name}@{there}"
    local = _content(inspect(root, tag))
    run("docker", "pull", reference, folder=root)
    # SECURITY: an image that somebody else pushed under this version is never signed, and never replaced.
    if _content(inspect(root, reference)) != local:
        raise Refused(f"{tag} exists with another content, {there}. A version is never replaced: take the next one.")
    return record.with_(image=reference)


def build(root: Path, record: Record, tag: str) -> None:
    """`make image` of the commit, with the base image by its digest and the static files of the release before."""
    arguments = [*_base(root), *_earlier(root, record), os.environ.get("DOCKER_BUILD", "")]
    env = {
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",  # one manifest, not an index: the provenance is signed later
        "GIT_DIR": run("git", "rev-parse", "--absolute-git-dir", folder=root).strip(),
        "MAKEFLAGS": "",  # the variables of the outer `make` are not for this one
    }
    given = (f"IMAGE={tag}", f"COMMIT={record.commit}", f"DOCKER_BUILD={' '.join(arguments).strip()}")
    # SECURITY: the image is built from the commit. Ignored or later changed files of the work folder are not in it.
    with source.exported(root, record.commit) as tree:
        run("make", "image", *given, folder=tree, **env)


def inspect(root: Path, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(run("docker", "image", "inspect", name, folder=root))
    return found[0]


def pulled(root: Path, name: str) -> dict[str, Any]:
    """What the engine knows of an image, which it pulls if it is not there."""
    if attempt("docker", "image", "inspect", name, folder=root).returncode:
        run("docker", "pull", name, folder=root)
    return inspect(root, name)


def sbom(root: Path, reference: str, folder: Path) -> Path:
    """The list of packages inside an image, in CycloneDX, copied to a folder."""
    inside = inspect(root, reference)["Config"]["Labels"]["org.cyclonedx.sbom"]
    container = run("docker", "create", "--entrypoint=none", reference, folder=root).strip()
    try:
        run("docker", "cp", f"{container}:{inside}", str(folder), folder=root)
    finally:
        run("docker", "rm", container, folder=root)
    return folder / Path(inside).name


def _content(image: dict[str, Any]) -> dict[str, Any]:
    """Files and configuration, without the times at which they were built."""
    config = {name: value for name, value in image["Config"].items() if name not in {"Hostname", "Image"}}
    return {"layers": image["RootFS"]["Layers"], "config": config, "for": (image["Os"], image["Architecture"])}


def _base(root: Path) -> list[str]:
    """An engine knows a digest of the base image if the image came from a registry."""
    digests = pulled(root, BASE)["RepoDigests"]
    return [f"--build-arg PYTHON_IMAGE={digests[0]}"] if digests else []


def _earlier(root: Path, record: Record) -> list[str]:
    tag = versions.previous(root, record.version)
    there = registry.digest(record.image_name, tag[1:]) if tag else None
    return [f"--build-arg EARLIER_IMAGE={record.image_name}@{there}"] if there else []
