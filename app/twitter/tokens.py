"""Bearer tokens are named by their fingerprint wherever they have to be told apart."""

from __future__ import annotations

import hashlib


def fingerprint(token: str) -> str:
    """Sixteen characters that stand for a token and say nothing about it; empty for no token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""
