"""A site's domain is changed in the admin, under that domain: the editor arrives at a host that responds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.models import Alias
from app.testing.forms import submitted
from tests.support.makers import Browser


@pytest.fixture
def editor(root: User, at_north: Browser) -> Browser:
    assert at_north.login(username="root", password="root")
    return at_north


def rename(browser: Browser, site: Site, *, unchecked: str = "", **changed: str) -> Any:
    """The response to the form with some changed values."""
    address = f"/admin/sites/site/{site.pk}/change/"
    data = submitted(browser.get(address).content.decode(), "site_form", **changed)
    data.pop(unchecked, None)
    return browser.post(address, data)


def arrive(host: str, response: Any) -> tuple[str, int]:
    """The host and the status where a new browser arrives that follows every redirect."""
    address = f"http://{host}/"
    for _ in range(5):
        if response.status_code not in {301, 302}:
            break
        address = urljoin(address, response.headers["Location"])
        parts = urlsplit(address)
        response = Browser(parts.netloc).get(f"{parts.path}?{parts.query}")
    return urlsplit(address).netloc, response.status_code


def hosts(site: Site) -> dict[str, bool]:
    return dict(Alias.objects.filter(site=site).order_by("host").values_list("host", "redirect"))


def test_the_old_domain_redirects(editor: Browser, north: Site) -> None:
    response = rename(editor, north, domain="New.Test.")
    assert response.status_code == 302
    assert arrive("north.test", response) == ("new.test", 200)
    assert hosts(north) == {"north.test": True, "www.north.test": True}
    assert Browser("north.test").get("/x/").headers["Location"] == "http://new.test/x/"


def test_no_browser_remembers_the_redirect_for_long(editor: Browser, north: Site) -> None:
    """The domain may be changed back: two redirects that a browser remembers are a loop."""
    rename(editor, north, domain="new.test")
    assert Browser("north.test").get("/").headers["Cache-Control"] == "max-age=60"
    assert Browser("north.test").post("/").headers["Cache-Control"] == "max-age=60"


def test_the_old_domain_is_given_up_if_the_editor_says_so(editor: Browser, north: Site) -> None:
    response = rename(editor, north, domain="new.test", drop_old="on")
    assert arrive("north.test", response) == ("new.test", 200)
    assert hosts(north) == {"www.north.test": True}
    assert Browser("north.test").get("/x/").status_code == 404


def test_an_alias_becomes_the_domain(editor: Browser, north: Site) -> None:
    response = rename(editor, north, domain="www.north.test")
    assert arrive("north.test", response) == ("www.north.test", 200)
    assert hosts(north) == {"north.test": True}


def test_what_the_editor_says_of_the_old_domain_in_its_own_row_counts(editor: Browser, north: Site) -> None:
    row = {"aliases-1-host": "north.test"}
    response = rename(editor, north, domain="new.test", unchecked="aliases-1-redirect", **row)
    assert response.headers["Location"] == "/admin/sites/site/"  # served there, so she is still signed in
    assert hosts(north) == {"north.test": False, "www.north.test": True}
    assert editor.get("/admin/sites/site/").status_code == 200


def test_the_port_is_kept(root: User, north: Site) -> None:
    browser = Browser("north.test:8000")
    browser.login(username="root", password="root")
    response = rename(browser, north, domain="new.test")
    assert response.headers["Location"] == "http://new.test:8000/admin/sites/site/"


@pytest.mark.parametrize("changed", [{"aliases-0-DELETE": "on"}, {"aliases-0-redirect": "on"}])
def test_an_alias_that_she_works_under_is_removed(changed: dict[str, str], root: User, north: Site) -> None:
    Alias.objects.update(redirect=False)
    browser = Browser("www.north.test")
    browser.login(username="root", password="root")
    assert arrive("www.north.test", rename(browser, north, **changed)) == ("north.test", 200)


def test_the_domain_of_another_site_or_a_listed_host_needs_no_other_address(
    editor: Browser, north: Site, south: Site, settings: Settings
) -> None:
    assert rename(editor, south, domain="new.test").headers["Location"] == "/admin/sites/site/"
    assert rename(editor, north, name="Norden").headers["Location"] == "/admin/sites/site/"
    assert Site.objects.get(pk=north.pk).name == "Norden"
    settings.LISTED_HOSTS, settings.DEFAULT_SITE_ID = ["admin.test"], north.pk
    browser = Browser("admin.test")
    browser.login(username="root", password="root")
    assert rename(browser, north, domain="newer.test").headers["Location"] == "/admin/sites/site/"


def test_a_refused_domain_changes_nothing(editor: Browser, north: Site, south: Site) -> None:
    for domain in ("south.test", "a..b", "https://new.test/"):
        assert rename(editor, north, domain=domain).status_code == 200
    assert Site.objects.get(pk=north.pk).domain == "north.test"
    assert hosts(north) == {"www.north.test": True}


def test_a_new_site_has_no_old_domain(editor: Browser) -> None:
    assert "drop_old" not in editor.get("/admin/sites/site/add/").content.decode()
