"""How a release was built, as the predicate of SLSA 1.0 (https://slsa.dev/provenance/v1)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any  # Any: JSON

from releases import source
from releases.image import inspect, pulled
from releases.record import Record

SOURCE = "https://github.com/colonnade/colonnade"
GUIDE = f"{SOURCE}/blob/main/docs/releases.md"


def provenance(root: Path, record: Record) -> dict[str, Any]:
    """What the image and the chart were built from, and by what."""
    code = {"uri": f"git+{SOURCE}@refs/tags/v{record.version}", "digest": {"gitCommit": record.commit}}
    return {
        "buildDefinition": {
            "buildType": f"{GUIDE}#how-a-release-is-made",
            "externalParameters": {"version": record.version, "registry": record.registry, "source": code["uri"]},
            "internalParameters": {"dockerBuild": os.environ.get("DOCKER_BUILD", "")},
            "resolvedDependencies": [code, _base(root, record), *_requirements(root, record)],
        },
        "runDetails": {"builder": {"id": _builder()}, "metadata": _run()},
    }


def _base(root: Path, record: Record) -> dict[str, Any]:
    """The base image; by its configuration's digest if it came from no registry."""
    name = inspect(root, record.image)["Config"]["Labels"]["org.opencontainers.image.base.name"]
    base = pulled(root, name)
    reference = base["RepoDigests"][0] if base["RepoDigests"] else f"{name}@{base['Id']}"
    return {"uri": f"docker-image://{reference}", "digest": {"sha256": reference.rpartition(":")[2]}}


def _requirements(root: Path, record: Record) -> list[dict[str, Any]]:
    """Each file names the hash of every package."""
    with source.exported(root, record.commit) as tree:
        hashes = {
            f"requirements/{name}.txt": hashlib.sha256((tree / "requirements" / f"{name}.txt").read_bytes()).hexdigest()
            for name in ("run", "build", "sbom")
        }
    return [{"uri": f"file:{file}", "digest": {"sha256": digest}} for file, digest in hashes.items()]


def _builder() -> str:
    workflow = os.environ.get("GITHUB_WORKFLOW_REF")
    return f"https://github.com/{workflow}" if workflow else f"{GUIDE}#by-hand"


def _run() -> dict[str, str]:
    run, repository = os.environ.get("GITHUB_RUN_ID"), os.environ.get("GITHUB_REPOSITORY")
    return {"invocationId": f"https://github.com/{repository}/actions/runs/{run}"} if run else {}
