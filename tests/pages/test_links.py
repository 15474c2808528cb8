"""Links: pages that lead elsewhere, in the tree, in the menus and in the admin."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.pages.navigation import entries
from app.tenancy.current import use_site
from app.tenancy.models import Alias
from tests.support.makers import Browser, make_north, page, page_form
from tests.third_party.models import Label

ADD = "/admin/pages/linkpage/add/"


@pytest.fixture
def editor(nora: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(nora)
    return browser


def link(site: Site, slug: str = "link", **values: Any) -> LinkPage:
    return page(site, LinkPage, **{"slug": slug, "title": slug.title(), **values})


def link_form(**values: Any) -> dict[str, object]:
    return {**page_form(title="Link", slug="link"), "address": "", "target": "", **values}


def label(site: Site, name: str) -> Label:
    with use_site(site):
        made: Label = Label.objects.create(name=name)
        return made


@pytest.mark.parametrize("address", ["https://elsewhere.example/a?b=c", "/about/#team"])
def test_a_link_is_a_temporary_redirect(address: str, north: Site, at_north: Browser) -> None:
    made = link(north, address=address)
    response = at_north.get(made.path)
    assert (response.status_code, response.headers["Location"]) == (302, address)
    assert "max-age" not in response.headers.get("Cache-Control", "")


def test_a_link_in_a_menu_leads_there_directly(north: Site, at_north: Browser) -> None:
    page(north, slug="about", title="About")
    link(north, address="https://elsewhere.example/", title="Elsewhere")
    link(north, "here", address="/about/", title="Here")
    shown = at_north.get("/about/").content.decode()
    assert '<a href="https://elsewhere.example/" rel="noopener">Elsewhere</a>' in shown
    assert '<a href="/about/" aria-current="page">Here</a>' in shown


def test_a_link_is_open_where_it_leads_and_where_it_is(north: Site) -> None:
    made = link(north, address="/events/")
    page(north, slug="below", parent=made)
    link(north, "elsewhere", address="https://elsewhere.example/link/")
    with use_site(north):
        states = {path: [entry.is_open for entry in entries(path)] for path in ("/events/one/", "/link/below/", "/x/")}
        assert states == {"/events/one/": [False, True], "/link/below/": [False, True], "/x/": [False, False]}
        assert entries("/events/one/").place == entries("/events/two/").place == "/events/"
        assert [entry.path for entry in entries("/x/")[1].children] == ["/link/below/"]


def test_a_target_that_an_app_declares(north: Site, south: Site, editor: Browser) -> None:
    ours, theirs = label(north, "Ours"), label(south, "Theirs")
    form = editor.get(ADD).content.decode()
    assert f'<option value="third_party.label-{ours.pk}">Ours  (/labels/{ours.pk}/)</option>' in form
    assert "Theirs" not in form
    target = f"third_party.label-{ours.pk}"
    for key, status in ((f"third_party.label-{theirs.pk}", 200), (target, 302)):
        assert editor.post(ADD, link_form(target=key)).status_code == status
    visitor = Browser("north.test")
    assert visitor.get("/link/").headers["Location"] == f"/labels/{ours.pk}/"
    assert f'<a href="/labels/{ours.pk}/">Link</a>' in visitor.get("/nothing/").content.decode()
    with use_site(north):
        ours.delete()
    assert visitor.get("/link/").status_code == 404
    assert ">Link</a>" not in visitor.get("/nothing/").content.decode()
    change = f"/admin/pages/linkpage/{LinkPage.all_sites.get().pk}/change/"
    shown = html.unescape(editor.get(change).content.decode())
    assert f"No app of this site has the target “{target}” any longer" in shown
    again = editor.post(change, link_form(target=target)).context["adminform"].form
    assert again.errors == {"target": ["No app has this target any longer. Choose another one."]}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "ftp://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "https:elsewhere.example",
        "elsewhere.example",
        "about/",
        "/a\u0001b/",
    ],
)
def test_an_address_that_is_no_http_address_and_no_path(address: str, editor: Browser, north: Site) -> None:
    form = editor.post(ADD, link_form(address=address)).context["adminform"].form
    assert form.errors.keys() == {"address"}
    made = link(north, address="/about/")
    with use_site(north):
        for write in (
            lambda: LinkPage(title="x", slug="x", address=address).save(),
            lambda: LinkPage.objects.filter(pk=made.pk).update(address=address),
        ):
            with pytest.raises(ValidationError):
                write()
    assert LinkPage.all_sites.get().address == "/about/"


@pytest.mark.parametrize("values", [{}, {"address": "/about/", "target": "third_party.label-{pk}"}])
def test_a_link_leads_to_one_place(values: dict[str, str], editor: Browser, north: Site) -> None:
    pk = label(north, "Ours").pk
    given = {name: value.format(pk=pk) for name, value in values.items()}
    assert editor.post(ADD, link_form(**given)).context["adminform"].form.errors.keys() == {"address"}


@pytest.mark.parametrize(
    "address",
    [
        "/link/",
        "/link",
        "/link/?a=b",
        "/li%6Ek/",
        "http://north.test/link/",
        "https://WWW.north.test:8000/link",
        "/back/",
    ],
)
def test_a_link_does_not_lead_back_to_itself(address: str, editor: Browser, north: Site) -> None:
    link(north, "back", address="/again/")
    link(north, "again", address="/link/")
    form = editor.post(ADD, link_form(address=address)).context["adminform"].form
    assert form.errors.keys() == {"address"}
    assert editor.post(ADD, link_form(address="/elsewhere/")).status_code == 302


def test_a_link_that_came_to_lead_to_itself_is_no_redirect(north: Site, at_north: Browser) -> None:
    made = link(north, address="/moved/")
    with use_site(north):
        Page.objects.filter(pk=made.pk).update(slug="moved")
    assert at_north.get("/moved/").status_code == 404


def test_a_link_to_the_same_path_of_another_site_is_no_circle(editor: Browser, south: Site) -> None:
    Alias.objects.create(site=south, host="www.south.test")
    for host in ("south.test", "www.south.test"):
        assert editor.post(ADD, link_form(address=f"http://{host}/link/")).status_code == 302
        LinkPage.all_sites.all().delete()


@pytest.mark.django_db(transaction=True)
def test_a_link_costs_two_queries_and_menus_with_links_none() -> None:
    site, browser = make_north(), Browser("north.test")
    page(site, slug="plain")
    for number in range(5):
        link(site, f"link{number}", address=f"/{number}/")
    for path, number in {"/plain/": 1, "/link1/": 2}.items():
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        assert len(queries) == number
