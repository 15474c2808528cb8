"""Pages for which visitors have to sign in."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.test import override_settings

from app.accounts.models import User
from app.pages.models import LinkPage
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser, page
from tests.support.uploads import media_file, picture

SECRET = "The numbers of this year"


@pytest.fixture
def members(north: Site) -> None:
    page(north, slug="members", title="Members", login_required=True, body=f"<p>{SECRET}</p>", description=SECRET)


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_visitor_is_sent_to_the_sign_in_and_back(method: str, nora: User, at_north: Browser) -> None:
    response = getattr(at_north, method)("/members/?a=b")
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/login/?next=/members/%3Fa%3Db"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert not response.cookies
    form = at_north.get(response.headers["Location"])
    assert SECRET not in form.content.decode()
    reason = "This page is for signed-in people only."
    assert reason in form.content.decode()
    for address in ("/admin/login/", "/admin/login/?next=/admin/pages/page/", "/admin/login/?next=https://x.test/"):
        assert reason not in at_north.get(address).content.decode()
    signed_in = at_north.post(response.headers["Location"], {"username": nora.username, "password": "nora"})
    assert signed_in.headers["Location"] == "/members/?a=b"
    response = at_north.get("/members/")
    assert SECRET in response.content.decode()
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))


@pytest.mark.usefixtures("members")
def test_only_people_of_the_site_see_it(sam: User, south: Site, at_north: Browser) -> None:
    page(south, slug="members", title="Members", body="<p>Open</p>")
    at_north.force_login(sam)
    response = at_north.get("/members/")
    assert response.headers["Location"].startswith("/admin/login/")
    assert at_north.get(response.headers["Location"]).status_code == 200  # not a circle
    assert b"Open" in Browser("south.test").get("/members/").content


@pytest.mark.usefixtures("members")
@override_settings(ADMIN_HOSTS=["admin.test"])
def test_where_nobody_can_sign_in_the_page_does_not_exist(at_north: Browser) -> None:
    assert at_north.get("/members/").status_code == 404


@pytest.mark.usefixtures("members")
def test_search_engines_do_not_get_it_and_menus_do_not_say_where_a_link_leads(north: Site, at_north: Browser) -> None:
    page(north, slug="open", title="Open")
    page(north, LinkPage, slug="files", title="Files", address="https://files.example/key", login_required=True)
    assert at_north.get("/files/").headers["Location"].startswith("/admin/login/")
    listed = at_north.get("/sitemap.xml").content.decode()
    assert "/open/" in listed
    assert "/members/" not in listed
    body = at_north.get("/open/").content.decode()
    assert "Members" in body
    assert 'href="/files/"' in body
    assert "files.example" not in body


@pytest.mark.parametrize("theme", ["portico", "atrium", "journal"])
def test_the_pages_above_and_beside_it_show_its_title_only(
    theme: str, north: Site, nora: User, at_north: Browser
) -> None:
    SiteProfile.objects.filter(site=north).update(theme=theme, settings={"options": {"sections": True}})
    directory.forget()
    page(north, slug="", title="Welcome")
    file = media_file(north, picture(300, 200), alt=SECRET)
    shared = {"description": SECRET, "image": file}
    page(north, slug="shop", title="Shop", description="Open to all")
    staff = page(north, slug="staff", title="Staff", login_required=True, **shared)
    page(north, slug="below", title="Below", parent=staff)
    parent = page(north, slug="parent", title="Parent")
    page(north, slug="deep", title="Deep", parent=parent, login_required=True, **shared)
    page(north, slug="beside", title="Beside", parent=parent, description="Open beside")
    at_north.force_login(nora)
    assert SECRET in at_north.get("/staff/").content.decode()
    for browser in (at_north, Browser("north.test")):
        for path, expected in {
            "/": {"Staff", "Shop"},
            "/parent/": {"Deep", "Beside", "Open beside"},
            "/parent/beside/": {"Parent", "Deep"} if theme == "atrium" else {"Parent"},
            "/staff/below/": {"Staff"},
        }.items():
            body = browser.get(path).content.decode()
            assert [text for text in expected if text not in body] == []
            assert [text for text in (SECRET, file.key) if text in body] == [], path
