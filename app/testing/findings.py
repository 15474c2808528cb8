"""What a response reveals of another site, in words that say what, where, to whom and by which request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.tenancy.requests.admin_hosts import admin_path
from app.testing.data.canaries import SIDES, Canaries, Side
from app.testing.data.twins import Contents
from app.testing.visitors import Request, Result, Visitor

REPEAT = "python -m pytest -p app.testing --pyargs app.testing -k {!r}"
#: Of a page's text: different each time, whatever the sites have.
CHANGING_TEXT = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]+|(?<=nonce=")[^"]+|\b\d+\.\d+ s\b')
CHANGING_HEADERS = {"x-request-id", "content-length", "date", "set-cookie", "etag", "last-modified", "expires"}
WORKS_ON_BOTH = {"member-of-both", "superuser"}
ONLY_ON_A = {"author", "editor", "site-admin"}
MOST_LINES = 12
SERVER_ERROR = 500


@dataclass
class Findings:
    """All that one test finds. `fail` is raised once, with every finding."""

    canaries: Canaries
    test: str
    """The id of the test."""
    found: list[str] = field(default_factory=list)

    def check(self, visitor: Visitor, request: Request, result: Result) -> None:
        """Notes what the result shows of a site that the visitor is not on."""
        if result.status == SERVER_ERROR:
            fault = next((text for place, text in result.others if "exception" in text), "")
            self.add(visitor, request, "The view failed, so it was not tested", fault[-300:])
        known = {canary for canary, _ in self.canaries.found(request.sent)}
        for place, text in result.places():
            for canary, around in self.canaries.found(text):
                is_open = canary.names_the_site and (canary.side == visitor.served or canary.side in works_on(visitor))
                if canary.side in hidden_from(visitor, request) and canary not in known and not is_open:
                    what = f"Site {canary.side.upper()}'s {canary.where} ({canary.text}) is in {place}"
                    self.add(visitor, request, what, " ".join(around.split()))

    def compare(self, visitor: Visitor, request: Request, without: Sequence[Result], present: Sequence[Result]) -> None:
        """Notes where the result depends on what site B has; twice without its rows, and twice with them."""
        if without[0].status != present[0].status:
            what = f"The status is {present[0].status} where B has rows, and {without[0].status} where it has none"
            self.add(visitor, request, what, "")
            return
        lines, others = _constant_lines(*without), _constant_lines(*present)
        if lines != others:
            shown = [
                line
                for line in difflib.unified_diff(lines, others, "B has no rows", "B has rows", "", "", 0, "")
                if line.strip("+- ")
            ]
            self.add(visitor, request, "The response depends on the rows of B", "\n".join(shown[:MOST_LINES]))

    def changed(self, visitor: Visitor, request: Request, before: Contents, after: Contents) -> None:
        """Notes each row of B that the request changed, added or deleted."""
        for key in sorted({*before, *after}, key=str):
            if before.get(key) != after.get(key):
                label, pk = key
                verb = "deleted" if key not in after else "added" if key not in before else "changed"
                what = f"Site B's {label} {pk} was {verb}"
                self.add(visitor, request, what, f"{before.get(key)}\n{after.get(key)}")

    def add(self, visitor: Visitor, request: Request, what: str, shown: str) -> None:
        lines = [
            f"{what}.",
            f"  who      {visitor.role}, at {visitor.host} ({visitor.name})",
            f"  request  {request.method} {request.path}",
            *([f"  data     {request.data}"] if request.data is not None else []),
            f"  view     {request.view}",
            *(f"  shown    {line[:300]}" for line in shown.splitlines()),
            f"  repeat   {REPEAT.format(self.test)}",
        ]
        self.found.append("\n".join(lines))

    def note(self, what: str, *shown: str) -> None:
        """A finding without a request."""
        lines = [f"{what}.", *(f"  shown    {line[:300]}" for line in shown), f"  repeat   {REPEAT.format(self.test)}"]
        self.found.append("\n".join(lines))


def hidden_from(visitor: Visitor, request: Request) -> Iterable[Side]:
    """The sites of which the response must show nothing."""
    has_no_role = visitor.host == "b" and visitor.role in ONLY_ON_A
    if has_no_role and request.path.startswith(admin_path()):
        return SIDES
    return [side for side in SIDES if side != visitor.served]


def works_on(visitor: Visitor) -> Iterable[Side]:
    """The sites whose names this person knows: the admin names them on every host, to switch or to go there."""
    if visitor.role in WORKS_ON_BOTH:
        return SIDES
    return ("a",) if visitor.role in ONLY_ON_A else ()


def differ(one: Result, other: Result) -> bool:
    return one.status != other.status or _lines(one) != _lines(other)


def _constant_lines(result: Result, again: Result) -> list[str]:
    """Without what changes from one time to the next, such as times and random numbers."""
    constant = set(_lines(again))
    return [line for line in _lines(result) if line in constant]


def _lines(result: Result) -> list[str]:
    return [*_headers(result), *CHANGING_TEXT.sub("", result.body).splitlines()]


def _headers(result: Result) -> Iterator[str]:
    for name, value in sorted(result.headers.items()):
        if name.lower() not in CHANGING_HEADERS:
            yield f"{name}: {value}"
