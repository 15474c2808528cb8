"""`manage.py demo`."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError

from app.pages.models import Page
from tests.support.commands import call, listed_sites
from tests.support.makers import Browser


def test_it_works(db: None) -> None:
    assert "http://harbour.localhost:8000/" in call("demo", "--if-empty")
    made = listed_sites().values()
    assert [site["domain"] for site in made] == ["north.localhost", "south.localhost", "harbour.localhost"]
    assert [site["aliases"] for site in made] == [
        ["localhost", "www.north.localhost"],
        ["www.south.localhost"],
        ["www.harbour.localhost"],
    ]
    for editor, domain in (("nora", "north.localhost"), ("nora", "harbour.localhost"), ("sam", "south.localhost")):
        assert f"{editor} " in call("members", "list", f"--site={domain}")
    assert Page.all_sites.count() >= 9
    found = Browser("harbour.localhost:8000").get("/blog/").content.decode()
    assert found.count('<article class="post-entry">') == 6
    assert 'alt="Zeichnung eines Ruderbootes vor der aufgehenden Sonne und einem Leuchtturm"' in found
    assert '<html lang="de"' in found
    assert '<a href="/blog/" aria-current="page">Logbuch</a>' in found


def test_localhost_leads_to_the_demo(db: None) -> None:
    call("demo")
    response = Browser("localhost:8000").get("/")
    assert response.status_code == 200  # no redirect: a browser would remember it for all that is served there
    assert "North Valley School" in response.content.decode()
    assert "sign in" not in response.content.decode()  # not the welcome page of an empty site


def test_localhost_stays_with_the_site_that_has_it(db: None) -> None:
    Site.objects.filter(domain="localhost").update(domain="first.test")
    call("sites", "add", "mine.test", "--name", "Mine", "--alias", "localhost")
    call("demo")
    assert listed_sites()["north"]["aliases"] == ["www.north.localhost"]
    assert listed_sites()["mine-test"]["aliases"] == ["localhost"]


def test_a_second_run_changes_nothing(db: None) -> None:
    call("demo")
    made, pages = listed_sites(), list(Page.all_sites.order_by("pk").values())
    call("demo")
    assert (listed_sites(), list(Page.all_sites.order_by("pk").values())) == (made, pages)


def test_it_leaves_other_peoples_sites_alone(db: None) -> None:
    call("sites", "add", "north.test", "--key", "north")
    before = listed_sites()
    with pytest.raises(CommandError, match=r"The key north belongs to north\.test"):
        call("demo")
    assert listed_sites() == before
    assert "localhost" in call("demo", "--if-empty")
    assert listed_sites() == before
