"""What an app tells the isolation tests that they cannot find out. Load your module with `-p your_app.isolation`.

Only the signatures are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_isolation_values(model: type[Any], text: str, number: int) -> dict[str, Any] | None:
    """Values for fields of a new row that cannot be guessed, by field name; None for a model that needs none.

    `text` is unique to the row and known to the tests: use it in what you return. `number` counts the rows of the model
    on a site from 0. A field that you set to None stays empty.
    """


@pytest.hookspec
def pytest_isolation_addresses(row: Any) -> Sequence[str]:
    """Addresses (path and query) that show this row, beside those of the URLconf and `get_absolute_url()`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_isolation_all_sites() -> Sequence[tuple[str, str, str]]:
    """Pages that show rows of all sites on purpose: (role, name of the view, reason). `*` stands for any text."""
    raise NotImplementedError


@pytest.hookspec
def pytest_isolation_commands() -> Sequence[Sequence[str]]:
    """Commands with arguments that the tests run for a site, such as `["print_labels", "--all"]`."""
    raise NotImplementedError
