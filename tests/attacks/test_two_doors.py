"""The WSGI layer decides before Django, by the same functions: so both must decide alike, whatever is sent."""

from __future__ import annotations

import re

from hypothesis import given, settings

from tests.attacks.conftest import Sites
from tests.attacks.strategies import environs
from tests.support.wsgi import Answer, Server

EXAMPLES = settings(max_examples=150)
TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
DECIDED = ("X-Site-Id", "X-Site-Source", "Location", "Content-Type", "Strict-Transport-Security", "Allow", "Vary")


def decision(answer: Answer, method: str) -> tuple[object, ...]:
    """What may not depend on the door: status, site, address and kind of the page. Forms differ by their token."""
    headers = {name: answer.headers.get(name) for name in DECIDED}
    # Django leaves it to the server to send no body after HEAD.
    body = b"" if method == "HEAD" else answer.body
    return answer.status, headers, TITLE.findall(body), bool(body)


@EXAMPLES
@given(environ=environs())
def test_both_doors_decide_alike(environ: dict[str, str], server: Server) -> None:
    sent = {"RAW_URI": environ["PATH_INFO"], **environ}
    method = sent["REQUEST_METHOD"]
    expected = server.get(None, through="django", **sent)
    assert expected.status not in {500, 502, 504}  # a closed site is 503
    for _ in range(2):  # the second time from what the layer remembers
        assert decision(server.get(None, **sent), method) == decision(expected, method)


@EXAMPLES
@given(environ=environs())
def test_what_is_refused_names_no_site_and_repeats_nothing(
    environ: dict[str, str], server: Server, sites: Sites
) -> None:
    answer = server.get(None, **environ)
    ids = {str(site.pk) for site in (sites.north, sites.south, sites.closed)}
    assert answer.headers.get("X-Site-Id") in {*ids, None}
    if "X-Site-Id" not in answer.headers and environ["PATH_INFO"] not in {"/livez", "/tls/ask"}:
        assert answer.status in {400, 404, 415}
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert "Location" not in answer.headers
    assert b"evil.example" not in answer.body
    assert not re.search(r"//evil|\r|\n", str(answer.headers.get("Location", "")).partition("://")[2].partition("/")[0])
