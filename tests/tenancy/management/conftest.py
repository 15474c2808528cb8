"""Two sites as an operator adds them."""

from __future__ import annotations

import pytest

from tests.support.commands import call, listed_sites


@pytest.fixture
def added(db: None) -> dict[str, int]:
    """North and south, each with an alias www; their ids by key."""
    for key in ("north", "south"):
        call("sites", "add", f"{key}.test", "--name", key.title(), "--key", key, "--alias", f"www.{key}.test")
    return {key: site["id"] for key, site in listed_sites().items()}
