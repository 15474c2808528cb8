"""Is a published release what it says? Needs the registry and cosign, and no checkout of that version."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # Any: predicates are JSON of any form

from releases import chart, registry, signing
from releases.commands import Refused, attempt
from releases.record import Record


@dataclass(frozen=True)
class Verifier:
    """By a public key, or, with an empty one, by the identity of the release workflow at the tag."""

    root: Path
    version: str
    key: str

    def predicate(self, kind: str, reference: str) -> dict[str, Any]:
        """What was attached and signed, for example the SBOM."""
        line = self._cosign("verify-attestation", "--type", kind, reference).splitlines()[0]
        statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
        predicate: dict[str, Any] = statement["predicate"]
        return predicate

    def signature(self, reference: str) -> None:
        self._cosign("verify", reference)

    def commit(self, reference: str) -> str:
        """From which commit it was built, and that it was built as this version: by its provenance."""
        definition = self.predicate("slsaprovenance1", reference)["buildDefinition"]
        version = definition["externalParameters"]["version"]
        if version != self.version:
            raise Refused(f"The provenance of {reference} is of version {version}, not {self.version}.")
        return str(definition["resolvedDependencies"][0]["digest"]["gitCommit"])

    def _cosign(self, command: str, *words: str) -> str:
        if shutil.which("cosign") is None:
            raise Refused("cosign is not on PATH: install version 3 (docs/releases.md).")
        identity = f"{signing.WORKFLOW}@refs/tags/v{self.version}"
        keyless = ("--certificate-identity", identity, "--certificate-oidc-issuer", signing.ISSUER)
        trust = ("--key", self.key, "--insecure-ignore-tlog=true") if self.key else keyless
        done = attempt("cosign", command, *trust, *words, folder=self.root)
        if done.returncode:
            raise Refused(f"{words[-1]} is not verified ({command}):\n{done.stderr.strip()[-1500:]}")
        return done.stdout


def verify(root: Path, wanted: Record, key: str) -> list[str]:
    """What was found, one line each. Raises `Refused` at the first thing that is not as it must be."""
    verifier = Verifier(root, wanted.version, key)
    image, packaged = (_reference(name, wanted.version) for name in (wanted.image_name, wanted.chart_name))
    for reference in (image, packaged):
        verifier.signature(reference)
    components = verifier.predicate("cyclonedx", image)["components"]
    commits = {verifier.commit(reference) for reference in (image, packaged)}
    if len(commits) > 1:
        raise Refused(f"The image and the chart were built from different commits: {', '.join(sorted(commits))}")
    with tempfile.TemporaryDirectory() as folder:
        installs = chart.pinned(registry.pull_chart(packaged, Path(folder)))
    if installs != image:
        raise Refused(f"The chart installs {installs or 'no digest'}, and not {image}.")
    return [
        f"image {image}: signed",
        f"chart {packaged}: signed, and installs this image",
        f"SBOM: signed, {len(components)} components",
        f"provenance: signed, built from commit {commits.pop()}",
    ]


def _reference(name: str, version: str) -> str:
    digest = registry.digest(name, version)
    if digest is None:
        raise Refused(f"{name}:{version} does not exist.")
    return f"{name}@{digest}"
