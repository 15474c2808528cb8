"""The image of the release before. Its static files are also in the new image (docker/carry_static.py)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from releases import registry, versions
from releases.commands import Refused
from releases.record import Record
from releases.signing import Signer
from releases.verification import Verifier


def find(root: Path, record: Record, signer: Signer) -> str:
    """Its reference, with the digest; empty without one. Raises `Refused` if the signer of this one did not sign it."""
    tag = versions.previous(root, record.version)
    there = registry.digest(record.image_name, tag[1:]) if tag else None
    if tag is None or there is None:
        return ""
    reference = f"{record.image_name}@{there}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            verifier = Verifier(root, tag[1:], signer.public_key(Path(folder)))
            # SECURITY: its files become part of the new image. What somebody else pushed under its tag is not used.
            verifier.signature(reference)
            verifier.commit(reference)
    except Refused as refused:
        reason = f"The static files of {tag} cannot be included. To build without them: EARLIER=no"
        raise Refused(f"{refused}\n{reason}") from refused
    return reference
