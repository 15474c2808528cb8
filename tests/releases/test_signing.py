"""What is looked at before anything is pushed: can it be signed?"""

from __future__ import annotations

from pathlib import Path

import pytest

from releases.commands import Refused
from releases.signing import Signer


def test_the_password_of_a_key_is_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cosign would wait for it at a prompt that nobody sees, when the image is already in the registry."""
    program, key = tmp_path / "cosign", tmp_path / "cosign.key"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    key.write_text("a key")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COSIGN_PASSWORD", raising=False)
    with pytest.raises(Refused, match=f"COSIGN_PASSWORD must be the password of {key}; empty if it has none"):
        Signer(str(key)).ready()
    Signer("awskms:///alias/releases").ready()
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    Signer(str(key)).ready()
