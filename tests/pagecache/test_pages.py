"""A page that is stored: who gets it, for how long, and who never does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import OperationalError, connection
from django.utils import timezone

from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, Membership, SiteProfile
from tests.support.logs import Lines
from tests.support.makers import Browser, page, person
from tests.support.wsgi import Server

MakeServer = Callable[..., Server]


def test_the_second_visitor_gets_the_stored_page_without_a_query(server: Server) -> None:
    first, second = server.get("north.test"), server.get("north.test")
    assert (first.found, second.found) == ("fwd=miss; stored", "hit")
    assert (first.queries, second.queries) == (first.queries, 0)
    assert first.body == second.body
    assert b"Home of North" in second.body
    own = {"X-Request-Id", "Cache-Status"}
    assert {k: v for k, v in first.headers.items() if k not in own} == {
        k: v for k, v in second.headers.items() if k not in own
    }
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert (second.headers["X-Site-Source"], second.headers["Cache-Tag"]) == (
        "host",
        f"site-{second.headers['X-Site-Id']}",
    )
    assert second.headers["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_it_has_the_headers_that_django_sends(server: Server) -> None:
    server.get("north.test")
    stored, made = server.get("north.test"), server.get("north.test", through="django")
    assert stored.body == made.body
    missing = made.headers.keys() - stored.headers.keys()
    assert missing == set()
    assert {name for name in made.headers if made.headers[name] != stored.headers[name]} == {"X-Request-Id"}


def test_a_hit_is_logged_and_counted_as_any_request(server: Server, lines: Lines) -> None:
    server.get("north.test", "/about/", HTTP_USER_AGENT="agent")
    server.get("north.test", "/about/", HTTP_USER_AGENT="agent")
    made, hit = (line for line in lines() if line["event"] == "request")
    own = {"ms", "request_id", "time"}
    assert {k: v for k, v in made.items() if k not in own} == {k: v for k, v in hit.items() if k not in own}


@pytest.mark.parametrize(
    "change",
    [
        lambda site: page(site, slug="new", title="New in the menu"),
        lambda site: Page.objects.filter(path="/").update(title="Another title"),
        lambda site: SiteProfile.objects.filter(site=site).update(colour="#123456"),
        lambda site: Site.objects.filter(pk=site.pk).update(name="Another name"),
    ],
)
def test_a_change_is_seen_by_the_next_visitor_of_that_site_only(
    change: Callable[[Site], Any], server: Server, sites: tuple[Site, Site]
) -> None:
    for host in ("north.test", "south.test"):
        server.get(host)
    with use_site(sites[0]):
        change(sites[0])
    directory.expire()
    assert server.get("north.test").found == "fwd=miss; stored"
    assert server.get("south.test").found == "hit"


def test_a_theme_and_back_again(server: Server, sites: tuple[Site, Site]) -> None:
    """Whoever stored the first page, nobody gets a page of another theme."""
    seen = []
    for colour in ("#aa0000", "#00aa00", "#aa0000"):
        SiteProfile.objects.filter(site=sites[0]).update(colour=colour)
        directory.expire()
        seen.append([server.get("north.test").body for _ in range(2)])
    assert all(colour in body for colour, (body, _) in zip((b"#aa0000", b"#00aa00", b"#aa0000"), seen, strict=True))
    assert all(first == second for first, second in seen)


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_COOKIE": "sessionid=anything"},
        {"HTTP_COOKIE": "_ga=1; sessionid=anything"},
        {"HTTP_AUTHORIZATION": "Basic abc"},
    ],
)
def test_somebody_who_may_be_signed_in_is_served_by_django(environ: dict[str, str], server: Server) -> None:
    server.get("north.test")
    assert server.get("north.test", **environ).found == ""
    assert server.get("north.test").found == "hit"


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_COOKIE": "_ga=GA1.2; _gid=1"},
        {"HTTP_COOKIE": "mysessionid=1; sessionid2=2"},
        {"HTTP_CACHE_CONTROL": "no-cache", "HTTP_PRAGMA": "no-cache"},
        {"HTTP_RANGE": "bytes=0-10"},
        {"HTTP_ACCEPT_LANGUAGE": "de"},
    ],
)
def test_what_a_visitor_sends_does_not_make_the_page_again(environ: dict[str, str], server: Server) -> None:
    whole = server.get("north.test").body
    again = server.get("north.test", **environ)
    assert (again.status, again.found, again.body) == (200, "hit", whole)


def test_a_query_of_noise_is_ignored(server: Server) -> None:
    server.get("north.test", "/about/")
    for number in range(50):
        assert server.get("north.test", f"/about/?utm_source={number}&x={number}").found == "hit"
    assert server.made == ["/about/"]


def test_a_client_that_has_the_page_is_told_so(server: Server) -> None:
    etag = server.get("north.test").headers["ETag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        answer = server.get("north.test", HTTP_IF_NONE_MATCH=known)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert {"Content-Length", "Content-Type"}.isdisjoint(answer.headers)
    assert server.get("north.test", HTTP_IF_NONE_MATCH='"other"').status == 200


@pytest.mark.parametrize("path", ["/about/", "/blog/feed/", "/sitemap.xml"])
def test_a_client_that_has_a_page_which_is_not_stored_is_told_so(path: str, server: Server) -> None:
    whole = server.get("north.test", path)
    again = Server()
    known = again.get("north.test", path, HTTP_IF_NONE_MATCH=whole.headers["ETag"])
    assert (known.status, known.found, known.body) == (304, "fwd=miss; stored", b"")
    assert {"Content-Length", "Content-Type"}.isdisjoint(known.headers)
    own = {"Content-Length", "Content-Type", "X-Request-Id"}
    assert {k: v for k, v in whole.headers.items() if k not in own} == {
        k: v for k, v in known.headers.items() if k not in own
    }
    assert (again.get("north.test", path).found, again.get("north.test", path).body) == ("hit", whole.body)
    other = Server().get("north.test", path, HTTP_IF_NONE_MATCH='"other"')
    assert (other.status, other.body) == (200, whole.body)


def test_head_gets_the_headers_alone(server: Server) -> None:
    first = server.get("north.test", method="HEAD")
    assert (first.status, first.found, first.body) == (200, "fwd=miss", b"")
    assert server.pages._entries.currsize == 0, "nothing is stored from a HEAD"
    known = server.get("north.test", method="HEAD", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (known.status, known.found, known.body) == (304, "fwd=miss", b"")
    page_ = server.get("north.test")
    assert page_.found == "fwd=miss; stored"
    own = {"X-Request-Id", "Cache-Status"}
    assert {k: v for k, v in first.headers.items() if k not in own} == {
        k: v for k, v in page_.headers.items() if k not in own
    }
    head = server.get("north.test", method="HEAD")
    assert (head.found, head.body, head.headers["Content-Length"]) == ("hit", b"", str(len(page_.body)))


@pytest.mark.parametrize(
    "target", ["/nothing-here/", "/admin/", "/admin/login/", "/about", "/about/x.css", "/about/;a"]
)
def test_what_is_not_a_published_page_is_never_stored(target: str, server: Server) -> None:
    for _ in range(2):
        assert server.get("north.test", target).found == ""
    assert server.pages._entries.currsize == 0


def test_a_post_changes_nothing(server: Server) -> None:
    server.get("north.test")
    assert server.get("north.test", method="POST").found == ""
    assert server.get("north.test").found == "hit"


def test_a_host_that_is_not_canonical_is_never_stored(server: Server, sites: tuple[Site, Site]) -> None:
    Alias.objects.create(site=sites[0], host="served.test", redirect=False)
    directory.expire()
    for host in ("served.test", "north.test:1234"):
        assert [server.get(host).found for _ in range(2)] == ["", ""]
    assert server.get("NORTH.test.").found == "fwd=miss; stored"
    assert server.get("north.test:80").found == "hit"
    assert server.get("north.test:8000").found == "fwd=miss; stored", "the server's own port is another address"


def test_http_and_https_are_two_pages(server: Server) -> None:
    plain = server.get("north.test")
    secure = server.get("north.test", HTTP_X_FORWARDED_PROTO="https")
    assert secure.found == "fwd=miss; stored"
    assert plain.body != secure.body
    assert server.get("north.test", HTTP_X_FORWARDED_PROTO="https").body == secure.body


def test_a_preview_is_never_stored(server: Server, sites: tuple[Site, Site]) -> None:
    editor = person("both", sites[0])
    with use_site(sites[1]):
        Membership.objects.create(user=editor, role=Group.objects.get(name="Editor"))
    browser = Browser("north.test")
    browser.login(username="both", password="both")
    browser.post("/admin/switch-site/", {"site_id": sites[1].pk})
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    seen = server.get("north.test", HTTP_COOKIE=cookie)
    assert b"Home of South" in seen.body
    assert "no-store" in seen.headers["Cache-Control"]
    assert b"Home of North" in server.get("north.test").body


def test_a_closed_site_serves_no_stored_page(server: Server, sites: tuple[Site, Site]) -> None:
    server.get("north.test")
    SiteProfile.objects.filter(site=sites[0]).update(state="suspended")
    directory.expire()
    assert server.get("north.test").status == 503


def test_a_page_is_stored_until_something_scheduled_appears(server: Server, sites: tuple[Site, Site]) -> None:
    soon = timezone.now() + timedelta(seconds=2)
    with use_site(sites[0]):
        page(sites[0], slug="later", title="Scheduled", publish_at=soon)
    directory.expire()
    assert b"Scheduled" not in server.get("north.test").body
    assert server.get("north.test").found == "hit"
    entry = next(iter(server.pages._entries.values()))
    assert entry.valid_until == pytest.approx(soon.timestamp())


@pytest.mark.parametrize(
    ("path", "reads_rows"),
    [("/short/", '"pages_page"."path" = ('), ("/about/", '"pages_page"."in_menus") ORDER')],
    ids=["the page", "an entry of the navigation"],
)
def test_a_row_that_expires_while_a_page_is_made(
    path: str, reads_rows: str, server: Server, sites: tuple[Site, Site]
) -> None:
    """A slow database: the rows were read before the moment, and the response is complete after it."""
    server.get("south.test")  # the first request of a process takes longer
    soon = timezone.now() + timedelta(seconds=2)
    page(sites[0], slug="short", title="Expires soon", expire_at=soon)
    directory.expire()

    def slow(execute: Any, sql: str, *arguments: Any) -> Any:
        result = execute(sql, *arguments)
        if reads_rows in sql:
            time.sleep(max(0.0, soon.timestamp() - time.time() + 0.05))
        return result

    with connection.execute_wrapper(slow):
        made = server.get("north.test", path)
    assert time.time() > soon.timestamp()
    assert (made.status, made.found, b"Expires soon" in made.body) == (200, "fwd=miss", True), "sent, and not stored"
    assert b"Expires soon" not in server.get("north.test", path).body
    assert b"Expires soon" not in server.get("north.test").body, "of the navigation"


def test_an_entry_ends_after_its_seconds(make_server: MakeServer) -> None:
    server = make_server(seconds=0.05)
    server.get("north.test")
    time.sleep(0.1)
    assert server.get("north.test").found == "fwd=miss; stored"


def test_without_seconds_there_is_no_page_cache(make_server: MakeServer) -> None:
    server = make_server(seconds=0)
    assert [server.get("north.test").found for _ in range(2)] == ["", ""]


def test_memory_is_bounded(make_server: MakeServer, sites: tuple[Site, Site]) -> None:
    server = make_server(most_bytes=20_000)
    with use_site(sites[0]):
        for number in range(30):
            page(sites[0], slug=f"p{number}", title="x" * 100)
    directory.expire()
    for number in range(30):
        server.get("north.test", f"/p{number}/")
    assert 0 < server.pages._entries.currsize <= 20_000
    assert server.get("north.test", "/p29/").found == "hit"
    assert server.get("north.test", "/p0/").found == "fwd=miss; stored"


def test_a_huge_page_is_sent_and_not_stored(
    make_server: MakeServer, sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pagecache.store.MOST_BYTES", 200_000)
    server = make_server(most_bytes=2**23)
    page(sites[0], slug="huge", title="Huge", body=f"<p>{'x' * 250_000}</p>")
    directory.expire()
    for _ in range(2):
        answer = server.get("north.test", "/huge/")
        assert (answer.status, answer.found, len(answer.body) > 250_000) == (200, "fwd=miss", True)
    assert server.pages._entries.currsize == 0


def test_without_the_database_an_old_page_is_better_than_none(make_server: MakeServer) -> None:
    server = make_server(seconds=0.05)
    fresh = server.get("north.test")
    time.sleep(0.1)

    def away(*_: Any) -> Any:
        raise OperationalError("gone")

    with connection.execute_wrapper(away):
        directory._failures = 1
        stale = server.get("north.test")
        directory._failures = 0
        other = server.get("south.test")
    assert (stale.status, stale.found, stale.body) == (200, "hit; detail=stale", fresh.body)
    assert other.status == 500  # an error that is no lost connection


def test_one_visitor_makes_the_page_and_the_others_wait_for_it(server: Server) -> None:
    entered, go_on = threading.Event(), threading.Event()
    made = server._count

    def slow(environ: Any, start_response: Any) -> Any:
        entered.set()
        go_on.wait(5)
        return made(environ, start_response)

    server.front.application = slow
    found: list[str] = []

    def visit() -> None:
        found.append(server.get("north.test").found)
        connection.close()  # of this thread

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    visitors[0].start()
    entered.wait(5)
    for visitor in visitors[1:]:
        visitor.start()
    go_on.set()
    for visitor in visitors:
        visitor.join(20)
    assert sorted(found) == ["fwd=miss; stored", "hit", "hit", "hit"]
    assert server.made == ["/"]


def test_a_page_for_signed_in_people_is_never_stored(sites: tuple[Site, Site], server: Server) -> None:
    """Also one that was stored while it was open."""
    assert [server.get("north.test", "/about/").found for _ in range(2)] == ["fwd=miss; stored", "hit"]
    with use_site(sites[0]):
        Page.objects.filter(path="/about/").update(login_required=True)
    directory.forget()
    for _ in range(2):
        refused = server.get("north.test", "/about/")
        assert refused.status == 302
        assert refused.headers["Cache-Control"] == "private, no-store"
        assert b"About North" not in refused.body
        assert server.get("south.test", "/about/").status == 200
    member = Browser("north.test")
    member.force_login(person("mia", sites[0]))
    cookie = f"sessionid={member.cookies['sessionid'].value}"
    assert b"About North" in server.get("north.test", "/about/", HTTP_COOKIE=cookie).body
    assert server.get("north.test", "/about/").status == 302
