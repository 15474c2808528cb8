"""The second step: the image is built, pushed, and named by the digest that the registry gave it."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any  # Any: what `docker inspect` prints

from releases import registry, source
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
    words = os.environ.get("DOCKER_BUILD", "")
    record = replace(record, base=base(root, record, words), docker_build=words)
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
        return replace(record, image=f"{record.image_name}@{there}")
    reference = f"{record.image_name}@{there}"
    local = _content(inspect(root, tag))
    run("docker", "pull", reference, folder=root)
    # SECURITY: an image that somebody else pushed under this version is never signed, and never replaced.
    if _content(inspect(root, reference)) != local:
        raise Refused(f"{tag} exists with another content, {there}. A version is never replaced: take the next one.")
    return replace(record, image=reference)


def build(root: Path, record: Record, tag: str) -> None:
    """`make image` of the commit, with the base image by its digest and the static files of the release before."""
    images = {"PYTHON_IMAGE": record.base, "EARLIER_IMAGE": record.earlier}
    arguments = [record.docker_build, *(f"--build-arg {name}={value}" for name, value in images.items() if value)]
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


def base(root: Path, record: Record, words: str) -> str:
    """The base image (of DOCKER_BUILD, if it is there) as it is in its registry now, by its digest."""
    given = [word.partition("PYTHON_IMAGE=") for word in shlex.split(words)]
    name = ([BASE] + [value for before, found, value in given if found and before in {"", "--build-arg="}])[-1]
    done = attempt("docker", "pull", name, folder=root)
    trial = registry.on_loopback(record.image_name)
    if done.returncode and not trial:
        raise Refused(f"The base image {name} cannot be pulled: {done.stderr.strip()}")
    if "@" in name:
        return name
    # An engine lists the digests that an image has in every registry: only those of this name count.
    repository = re.sub(r":[^:/]*$", "", re.sub(r"^docker\.io/(library/)?", "", name))
    digests = [one for one in inspect(root, name)["RepoDigests"] if one.partition("@")[0] == repository]
    # SECURITY: a base image that only this engine has is for trials: nobody else can look at it.
    if not digests and not trial:
        raise Refused(f"The base image {name} has no digest of its registry: docker push {name}")
    return digests[0] if digests else name
