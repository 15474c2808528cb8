"""`manage.py demo`."""

from __future__ import annotations

import pytest

from app.pages.models import Page
from app.tenancy.management.errors import Refusal
from tests.support.commands import call, listed_sites


def test_it_works(db: None) -> None:
    assert "http://harbour.localhost:8000/" in call("demo", "--if-empty")
    made = listed_sites().values()
    assert [site["domain"] for site in made] == ["north.localhost", "south.localhost", "harbour.localhost"]
    assert [site["aliases"] for site in made] == [[f"www.{site['domain']}"] for site in made]
    for editor, domain in (("nora", "north.localhost"), ("nora", "harbour.localhost"), ("sam", "south.localhost")):
        assert f"{editor} " in call("members", "list", f"--site={domain}")
    assert Page.all_sites.count() >= 9


def test_a_second_run_changes_nothing(db: None) -> None:
    call("demo")
    made, pages = listed_sites(), list(Page.all_sites.order_by("pk").values())
    call("demo")
    assert (listed_sites(), list(Page.all_sites.order_by("pk").values())) == (made, pages)


def test_it_leaves_other_peoples_sites_alone(db: None) -> None:
    call("sites", "add", "north.test", "--key", "north")
    before = listed_sites()
    with pytest.raises(Refusal, match=r"north\.test"):
        call("demo")
    assert listed_sites() == before
    assert "localhost" in call("demo", "--if-empty")
    assert listed_sites() == before
