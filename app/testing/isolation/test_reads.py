"""A GET writes nothing: every public address, requested by visitors and by people who are signed in."""

from __future__ import annotations

import pytest

from app.tenancy.requests.admin_hosts import admin_path
from app.testing.data.statements import statements_that_may_write
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings
from app.testing.isolation.test_addresses import requests_for
from app.testing.surface import Pattern, patterns
from app.testing.visitors import Visitors

PUBLIC = [
    pattern
    for pattern in patterns()
    # Who signs in below the admin has a session that says how far.
    if not any(f"/{text}".startswith(admin_path()) for text, _ in pattern.formats)
]


@pytest.mark.parametrize("role", ["anonymous", "editor"])
@pytest.mark.parametrize("pattern", PUBLIC, ids=lambda pattern: pattern.view)
def test_a_get_writes_nothing(
    pattern: Pattern, role: str, twins: Twins, visitors: Visitors, findings: Findings
) -> None:
    visitor = visitors[role, "a"]
    with undone():
        for request in requests_for(pattern, twins):
            with statements_that_may_write(of_sessions=True) as written:
                visitor.send(request)
            if written:
                findings.add(visitor, request, "A GET wrote to the database", "\n".join(written))
