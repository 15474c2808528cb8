"""Every address, requested by everybody at every kind of host: nothing of another site is in the response."""

from __future__ import annotations

import html
import re

import pytest

from app.testing.all_sites import COMMAND, AllSites, is_for_all_sites
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings, differ
from app.testing.surface import Pattern, addresses, patterns, queried
from app.testing.visitors import ROLES, Host, Request, Result, Visitor, Visitors

#: Links of a page to itself with another query: filters, orders, pages of a list.
OWN_LINKS = re.compile(r'href="(\?[^"#]+)"')
MOST_LINKS = 25
MOST_ON_B = 10
#: Hosts that lead to another one, or are served like A.
OTHERS: tuple[Host, ...] = ("a listed host", "an unknown host", "alias of a")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.view)
def test_an_address(
    pattern: Pattern, role: str, twins: Twins, visitors: Visitors, findings: Findings, all_sites: tuple[AllSites, ...]
) -> None:
    requests = [r for r in requests_for(pattern, twins) if not is_for_all_sites(all_sites, role, r.view)]
    with undone():
        for host in OTHERS:
            visited(requests[:2], visitors[role, host], findings)
    visit_a(requests, role, twins, visitors, findings)


@pytest.mark.parametrize("role", ROLES)
def test_the_own_addresses_of_rows(
    role: str, twins: Twins, visitors: Visitors, findings: Findings, pytestconfig: pytest.Config
) -> None:
    """Those of `get_absolute_url()` and of the hook pytest_isolation_addresses."""
    hook = pytestconfig.hook.pytest_isolation_addresses
    rows = [row for rows in twins.rows.values() for row in rows[:2]]
    paths = [path for row in rows for addresses_of_row in hook(row=row) for path in addresses_of_row]
    paths += [row.get_absolute_url() for row in rows if hasattr(row, "get_absolute_url")]
    requests = [Request("an address of a row", path) for path in dict.fromkeys(paths) if path.startswith("/")]
    visit_a(requests, role, twins, visitors, findings)


def test_each_exception_is_needed(twins: Twins, visitors: Visitors, all_sites: tuple[AllSites, ...]) -> None:
    """One that covers nothing any more would hide the next leak."""
    for entry in (entry for entry in all_sites if entry.role != COMMAND):
        found = Findings(twins.canaries, "")
        for pattern in patterns():
            requests = [r for r in requests_for(pattern, twins) if entry.covers(entry.role, r.view)]
            if requests and not found.found:
                visit_a(requests, entry.role, twins, visitors, found)
        assert found.found, f"No page of {entry.view} shows {entry.role} rows of another site: remove the exception."


def requests_for(pattern: Pattern, twins: Twins) -> list[Request]:
    found = (pair for address in addresses(pattern, twins) for pair in queried(pattern, address, twins))
    return [Request(view, path) for view, path in found]


def visit_a(requests: list[Request], role: str, twins: Twins, visitors: Visitors, findings: Findings) -> None:
    """The same requests twice: where B has no rows, and where it has them."""
    visitor = visitors[role, "a"]

    def once(links: list[Request], findings: Findings | None = None) -> dict[Request, Result]:
        # Site B first: what it leaves in a cache is there when A is visited.
        visited(requests[:MOST_ON_B], visitors[role, "b"], findings)
        return visited([*requests, *links], visitor, findings)

    with twins.without_b():
        without = [once([])]
        links = links_in(without[0])
        without[0] |= visited(links, visitor)
    with undone():
        present = [once(links, findings)]
    different = [request for request in [*requests, *links] if differ(without[0][request], present[0][request])]
    if not different:
        return
    with twins.without_b():
        without.append(once(links))
    with undone():
        present.append(once(links))
    for request in different:
        findings.compare(visitor, request, [each[request] for each in without], [each[request] for each in present])


def visited(requests: list[Request], visitor: Visitor, findings: Findings | None = None) -> dict[Request, Result]:
    results: dict[Request, Result] = {}
    for request in requests:
        results[request] = result = visitor.send(request)
        if findings is not None:
            findings.check(visitor, request, result)
    return results


def links_in(results: dict[Request, Result]) -> list[Request]:
    """For the links that pages have to themselves."""
    found: dict[str, Request] = {}
    for request, result in results.items():
        queries = (html.unescape(query) for query in OWN_LINKS.findall(result.body)) if "?" not in request.path else ()
        found |= {request.path + query: Request(request.view, request.path + query) for query in queries}
    return list(found.values())[:MOST_LINKS]
