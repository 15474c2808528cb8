"""How a release was built, as the predicate of SLSA 1.0 (https://slsa.dev/provenance/v1)."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any  # Any: JSON

from releases import source
from releases.commands import attempt
from releases.record import Record

SOURCE = "https://github.com/colonnade/colonnade"
GUIDE = f"{SOURCE}/blob/main/docs/releases.md"


def provenance(root: Path, record: Record) -> dict[str, Any]:
    """What the image and the chart were built from, and by what."""
    code = {"uri": _source(root), "digest": {"gitCommit": record.commit}}
    images = [_image(reference) for reference in (record.base, record.earlier) if reference]
    return {
        "buildDefinition": {
            "buildType": f"{GUIDE}#how-a-release-is-made",
            "externalParameters": {"version": record.version, "registry": record.registry, "source": code["uri"]},
            "internalParameters": {"dockerBuild": record.docker_build},
            "resolvedDependencies": [code, *images, *_requirements(root, record)],
        },
        "runDetails": {"builder": {"id": _builder()}, "metadata": _run()},
    }


def _source(root: Path) -> str:
    """The repository, and in a workflow the tag. By hand the tag comes last, so there is none yet."""
    if os.environ.get("GITHUB_WORKFLOW_REF"):
        return f"git+https://github.com/{os.environ['GITHUB_REPOSITORY']}@{os.environ['GITHUB_REF']}"
    origin = attempt("git", "remote", "get-url", "origin", folder=root).stdout.strip()
    # SECURITY: the provenance is public, and the URL may have a password or a token.
    return f"git+{re.sub(r'://[^/]*@', '://', origin)}" if origin else "unknown"


def _image(reference: str) -> dict[str, Any]:
    """The base image of a trial may be in no registry: then its name is all that is known."""
    digest = reference.partition("@sha256:")[2]
    return {"uri": f"docker-image://{reference}", **({"digest": {"sha256": digest}} if digest else {})}


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
