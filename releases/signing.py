"""The fourth step: cosign signs the image and the chart, and attaches the SBOM and the provenance."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from releases import image, record
from releases.commands import Refused, run
from releases.provenance import provenance
from releases.record import Record

MISSING = (
    "cosign is not on PATH: install version 3 (docs/releases.md), or give SIGN=no for a release without signatures."
)
ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/colonnade/colonnade/.github/workflows/release.yml"
#: Nothing is sent to a transparency log: with a key, everything stays between this machine and the registry.
NO_SERVICES = {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json"}


@dataclass(frozen=True)
class Signer:
    """A key (a file or the address of a KMS), or, with an empty one, the identity of the workflow that runs."""

    key: str

    def ready(self) -> None:
        """Raises `Refused` if nothing can be signed."""
        if shutil.which("cosign") is None:
            raise Refused(MISSING)
        if not self.key and not {"ACTIONS_ID_TOKEN_REQUEST_URL", "SIGSTORE_ID_TOKEN"} & os.environ.keys():
            raise Refused("There is no identity to sign with outside of a workflow: KEY=cosign.key, or SIGN=no.")
        if not self.key or "://" in self.key:
            return
        if not Path(self.key).is_file():
            raise Refused(f"KEY={self.key} is no file: cosign generate-key-pair")
        if "COSIGN_PASSWORD" not in os.environ:  # cosign would wait for it at a prompt that nobody sees
            raise Refused(f"COSIGN_PASSWORD must be the password of {self.key}; empty if it has none.")

    def public_key(self, folder: Path) -> str:
        """The file of the public key, written to a folder; empty for the identity of the workflow."""
        if not self.key:
            return ""
        self.ready()
        run("cosign", "public-key", "--key", self.key, "--outfile", str(folder / "cosign.pub"), folder=Path.cwd())
        return str(folder / "cosign.pub")

    def options(self, folder: Path) -> list[str]:
        if not self.key:
            return ["--yes"]
        config = folder / "signing-config.json"
        config.write_text(json.dumps(NO_SERVICES))
        return ["--yes", "--key", self.key, "--signing-config", str(config)]


def sign(root: Path, made: Record, signer: Signer) -> None:
    """Signs both, and attaches what is known of them. Can be repeated."""
    signer.ready()
    if not made.image or not made.chart:
        raise Refused("The image and the chart come first: make release-image release-chart")
    folder = record.folder(root, made.version)
    run("docker", "pull", made.image, folder=root)
    bill, origin = image.sbom(root, made.image, folder), folder / "provenance.json"
    origin.write_text(json.dumps(provenance(root, made), indent=2) + "\n")
    options = signer.options(folder)
    for reference in (made.image, made.chart):
        run("cosign", "sign", *options, reference, folder=root)
    attest = ("cosign", "attest", *options)
    run(*attest, "--type", "cyclonedx", "--predicate", str(bill), made.image, folder=root)
    for reference in (made.image, made.chart):
        run(*attest, "--type", "slsaprovenance1", "--predicate", str(origin), reference, folder=root)
