"""Old addresses as visitors request them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.postgresql.row_security.scope import every_site
from app.redirects.hits import Hits, hits
from app.redirects.models import Redirect
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias
from tests.support.makers import Browser, page


def redirect(site: Site, old: str, new: str, **values: Any) -> Redirect:
    with use_site(site):
        made: Redirect = Redirect.objects.create(old_path=old, new=new, **values)
        return made


def location(browser: Browser, address: str, **headers: Any) -> tuple[int, str]:
    response = browser.get(address, **headers)
    return response.status_code, response.headers.get("Location", "")


def test_it_works(north: Site, at_north: Browser) -> None:
    redirect(north, "/old/", "/new/")
    redirect(north, "/for-now", "https://example.org/x", is_permanent=False)
    assert location(at_north, "/old/") == (301, "/new/")
    assert location(at_north, "/for-now") == (302, "https://example.org/x")
    assert at_north.head("/old/").status_code == 301
    assert at_north.post("/old/").status_code == 405


def test_an_empty_target_says_that_the_page_is_gone(north: Site, at_north: Browser) -> None:
    redirect(north, "/old/", "")
    response = at_north.get("/old/")
    assert response.status_code == 410
    assert "was removed" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_another_site_has_none_of_it(north: Site, south: Site, at_south: Browser) -> None:
    redirect(north, "/old/", "/new/")
    assert at_south.get("/old/").status_code == 404
    redirect(south, "/old/", "/theirs/")
    assert location(at_south, "/old/") == (301, "/theirs/")


def test_a_page_comes_before_a_redirect(north: Site, at_north: Browser) -> None:
    redirect(north, "/here/", "/elsewhere/")
    page(north, slug="here")
    assert at_north.get("/here/").status_code == 200


@pytest.mark.parametrize(
    ("stored", "requested"),
    [
        ("/old", "/old/"),
        ("/old/", "/old"),
        ("old", "/old/"),
        ("https://former.example/old?x=1#part", "/old?x=1"),
        ("/about.html", "/about.html"),
        ("/über uns/", f"/{quote('über uns')}/"),
        ("/%C3%BCber%20uns", f"/{quote('über uns')}/"),
        ("/u\u0308ber", f"/{quote('über')}"),  # decomposed
        ("/100%25", "/100%25/"),
        ("/a%3Fb", "/a%3Fb"),
        ("/broken%FF", "/broken%FF"),
        ("/news?id=7&lang=de", "/news/?lang=de&id=7"),
        ("/news?q=%C3%BC", "/news?q=ü"),
        ("/news?flag", "/news?flag="),
        ("/" + "ü" * 300, "/" + quote("ü" * 300) + "/"),
    ],
)
def test_one_address_in_many_spellings(north: Site, at_north: Browser, stored: str, requested: str) -> None:
    made = redirect(north, stored, "/new/")
    assert location(at_north, requested) == (301, "/new/")
    with use_site(north):
        before = made.old_path
        made.save()
        assert made.old_path == before, "what is stored is saved again as it is"


def test_a_query_has_its_own_redirect_or_that_of_the_path(north: Site, at_north: Browser) -> None:
    redirect(north, "/news?id=7", "/seven/")
    assert at_north.get("/news").status_code == 404
    redirect(north, "/news", "/all/")
    assert location(at_north, "/news?id=7") == (301, "/seven/")
    assert location(at_north, "/news?id=8&utm_source=x") == (301, "/all/")
    assert location(at_north, f"/news?{'&'.join('abcdefgh' * 10)}") == (301, "/all/"), "too many keys for a query"


@pytest.mark.parametrize("path", ["/admin/nothing/", "/static/nothing.css", "/media/nothing.png"])
def test_the_platforms_own_addresses_are_not_redirected(north: Site, at_north: Browser, path: str) -> None:
    with use_site(north), pytest.raises(ValidationError, match="not redirected"):
        Redirect(old_path=path, new="/new/").full_clean()
    with use_site(north), pytest.raises(ValidationError):
        Redirect.objects.create(old_path=path.rstrip("/"), new="/new/")
    made = redirect(north, "/x", "/new/")
    with use_site(north):
        models.QuerySet(Redirect, Redirect.objects.filter(pk=made.pk).query).update(old_path=path.rstrip("/"))
    assert at_north.get(path).status_code in {302, 404}
    assert at_north.get(path).headers.get("Location") != "/new/"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "https:///x",
        "https://",
        "https://bank.example@evil.example/",
        "http://[::1",
        "/a\r\nSet-Cookie: x=1",
        "/a\tb",
        "/a\u2028b",
        "https://example.org/\nx",
        "example.org/x",
        "/" + "x" * 2001,
    ],
)
def test_a_target_is_a_path_or_an_address_with_http(north: Site, target: str) -> None:
    with use_site(north):
        with pytest.raises(ValidationError) as raised:
            Redirect(old_path="/old", new=target).full_clean()
        assert set(raised.value.message_dict) == {"new"}


@pytest.mark.parametrize("old", ["//evil.example/x", "/a\r\nb", "/a%0d%0ab", "/a%00", "/" + "x" * 601, "https://[x/"])
def test_an_old_address_that_nothing_can_have(north: Site, old: str) -> None:
    with use_site(north):
        with pytest.raises(ValidationError) as raised:
            Redirect(old_path=old, new="/new/").full_clean()
        assert set(raised.value.message_dict) == {"old_path"}


def test_the_database_refuses_other_targets(north: Site) -> None:
    made = redirect(north, "/old", "/new/")
    with use_site(north):
        for target in ("//evil.example/", "javascript:x", "/\\evil.example"):
            with pytest.raises(IntegrityError), transaction.atomic():
                Redirect.objects.filter(pk=made.pk).update(new=target)


def test_addresses_on_the_sites_own_domains_become_paths(north: Site) -> None:
    assert redirect(north, "/a", "https://NORTH.test/new/?x=1#part").new == "/new/?x=1#part"
    assert redirect(north, "/b", "https://www.north.test").new == "/"
    assert redirect(north, "/c", "https://bücher.example:8000/ü").new == "https://xn--bcher-kva.example:8000/ü"


def test_no_redirect_leads_to_itself(north: Site) -> None:
    with use_site(north):
        for target in ("/old", "/old/", "https://north.test/old/", "/old?x=1", "/%6Fld", "/old#part"):
            with pytest.raises(ValidationError, match="to the old address itself"):
                Redirect(old_path="/old/", new=target).full_clean()


@pytest.mark.parametrize("redirects", [True, False])
def test_a_domain_that_became_one_of_the_site_makes_no_circle(redirects: bool, north: Site, at_north: Browser) -> None:
    page(north, slug="there")
    for old, new in {
        "/shop": "https://www.client.example/shop",
        "/a b": "http://www.client.example/a%20b/?",
        "/news?b=2&a=1": "https://www.client.example/news/?a=1&b=2#top",
        "/news": "https://www.client.example/there/",
        "/": "https://www.client.example",
    }.items():
        redirect(north, old, new)
    with CaptureQueriesContext(connection) as before:
        assert location(at_north, "/shop/") == (301, "https://www.client.example/shop")
    Alias.objects.create(site=north, host="www.client.example", redirect=redirects)
    directory.expire()
    for address in ("/shop", "/shop/", "/a%20b", "/news?a=1&b=2", "/"):
        assert location(at_north, address) == (404, ""), address
    assert location(at_north, "/news?a=1") == (301, "https://www.client.example/there/"), "another address is no circle"
    with CaptureQueriesContext(connection) as after:
        at_north.get("/shop/")
    assert [sum("redirects_redirect" in query["sql"] for query in queries) for queries in (before, after)] == [2, 2]


def test_chains_are_flattened_and_loops_refused(north: Site, at_north: Browser) -> None:
    redirect(north, "/b", "/c/")
    redirect(north, "/a", "/b/")
    assert location(at_north, "/a") == (301, "/c/")
    redirect(north, "/c", "/d/")
    assert [location(at_north, address)[1] for address in ("/a", "/b", "/c")] == ["/d/"] * 3
    with use_site(north):
        with pytest.raises(ValidationError, match="A loop") as raised:
            Redirect(old_path="/d", new="/a/").full_clean()
        assert set(raised.value.message_dict) == {"new"}
        with pytest.raises(ValidationError):
            Redirect.objects.create(old_path="/d", new="/a/")


def test_an_old_instance_saved_for_another_field_changes_no_target(north: Site, at_north: Browser) -> None:
    redirect(north, "/b", "/c/")
    in_the_way = page(north, slug="b")
    redirect(north, "/a", "/b/")
    with use_site(north):
        old, new = (Redirect.objects.get(old_path="/b") for _ in range(2))
        new.new = "/d/"
        new.save()
        in_the_way.delete()
        old.is_permanent = False
        old.save(update_fields=["is_permanent"])
    assert [location(at_north, address) for address in ("/a", "/b")] == [(301, "/b/"), (302, "/d/")]


def test_a_redirect_that_a_page_hides_is_no_part_of_a_chain(north: Site, at_north: Browser) -> None:
    redirect(north, "/b", "/c/")
    page(north, slug="b")
    redirect(north, "/a", "/b/")
    assert location(at_north, "/a") == (301, "/b/")
    assert at_north.get("/b/").status_code == 200


def test_a_404_costs_no_query_more_without_redirects_and_one_with(north: Site, south: Site, at_north: Browser) -> None:
    redirect(south, "/elsewhere", "/new/")
    counts = []
    for number in range(2):
        page(north, slug=f"p{number}")
        at_north.get("/missing/")  # loads what the process keeps
        with CaptureQueriesContext(connection) as queries:
            assert at_north.get("/missing/?x=1").status_code == 404
        counts.append(len(queries))
        redirect(north, f"/{number}", "/new/")
    assert counts[1] == counts[0] + 1


def test_a_hit_is_counted_without_a_write(north: Site, at_north: Browser) -> None:
    hits.write()
    made = redirect(north, "/old", "/new/")
    version = directory.content_version(north.pk)
    at_north.get("/old")
    with CaptureQueriesContext(connection) as queries:
        assert location(at_north, "/old?x=1") == (301, "/new/")
    assert [query["sql"] for query in queries if not query["sql"].lstrip("(").startswith("SELECT")] == []
    hits.write()
    directory.forget()
    with use_site(north):
        made.refresh_from_db()
        assert (made.hits, made.last_hit_at is not None) == (2, True)
    assert directory.content_version(north.pk) == version, "a hit changes no content"


def test_hits_of_many_redirects_cost_few_statements(north: Site, south: Site) -> None:
    counter = Hits()
    with use_site(north):
        rows = Redirect.objects.bulk_create([Redirect(old_path=f"/{n}", new="/new/") for n in range(400)])
    for number, row in enumerate(rows):
        counter.count(row, number)
    counter.count(redirect(south, "/old", "/new/"))
    with CaptureQueriesContext(connection) as queries:
        counter.write()
    assert len(queries) <= 14
    with use_site(north):
        assert Redirect.objects.aggregate(sum=models.Sum("hits"))["sum"] == sum(range(400))
    with CaptureQueriesContext(connection) as queries:
        counter.write()
    assert not queries.captured_queries, "nothing is left"


def test_hits_of_a_site_that_was_deleted_are_dropped(north: Site, south: Site) -> None:
    counter, row = Hits(), redirect(south, "/old", "/new/")
    counter.count(row)
    with every_site():
        south.delete()
    counter.write()
    counter.write()


def test_an_editor_in_a_preview_is_redirected_and_counts_as_no_visitor(
    north: Site, at_south: Browser, root: User
) -> None:
    made = redirect(north, "/old", "/new/")
    hits.write()
    at_south.login(username="root", password="root")
    at_south.post("/admin/switch-site/", {"site_id": north.pk})
    response = at_south.get("/old")
    assert (response.status_code, response.headers["Location"]) == (301, "/new/")
    assert "no-store" in response.headers["Cache-Control"]
    hits.write()
    with use_site(north):
        made.refresh_from_db()
    assert made.hits == 0
