"""Every form and action, sent with keys of site B in each field: no row of B changes, no row of A points at one."""

from __future__ import annotations

from typing import Any

import pytest

from app.testing.all_sites import AllSites, is_for_all_sites
from app.testing.data.statements import statements_that_may_write
from app.testing.data.tables import cross_site_links
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings, differ
from app.testing.posts import posts
from app.testing.surface import Pattern, patterns
from app.testing.visitors import Request, Result, Visitor, Visitors

ROLES = ("anonymous", "editor", "site-admin", "superuser")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.view)
def test_what_a_post_changes(
    pattern: Pattern, role: str, twins: Twins, visitors: Visitors, findings: Findings, all_sites: tuple[AllSites, ...]
) -> None:
    if is_for_all_sites(all_sites, role, pattern.view):
        return
    visitor = visitors[role, "a"]
    with undone():
        requests = posts(pattern, visitor, twins)
    with twins.without_b():
        without = {request: sent(request, visitor) for request in requests}
    with undone():
        before = twins.contents()
        present = {request: checked(request, visitor, before, twins, findings) for request in requests}
    different = [request for request in requests if differ(without[request], present[request])]
    with twins.without_b():
        without_again = {request: sent(request, visitor) for request in different}
    for request in different:
        pairs = (without[request], without_again[request]), (present[request], sent(request, visitor))
        findings.compare(visitor, request, *pairs)


def sent(request: Request, visitor: Visitor) -> Result:
    with undone():
        return visitor.send(request)


def checked(request: Request, visitor: Visitor, before: Any, twins: Twins, findings: Findings) -> Result:
    with undone(), statements_that_may_write() as written:
        result = visitor.send(request)
        findings.check(visitor, request, result)
        if not written:
            return result  # most requests are refused; reading all that B has takes longer than the request
        findings.changed(visitor, request, before, twins.contents())
        for link in cross_site_links():
            findings.add(visitor, request, f"A row of A points at a row of B: {link}", "")
    return result
