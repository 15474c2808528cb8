"""Breadcrumbs and lists of child pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.pages.models import LinkPage, Page
from app.tenancy.current import use_site
from tests.support.makers import Browser, make_north, page


def crumbs(browser: Browser, path: str) -> list[str]:
    _, found, rest = browser.get(path).content.decode().partition('<nav class="breadcrumbs" aria-label="Breadcrumbs">')
    return (
        [line.split("<li")[1].split("</li>")[0] for line in rest.split("</nav>")[0].split("\n") if "<li" in line]
        if found
        else []
    )


def test_a_page_below_others_shows_the_way_to_it(north: Site, south: Site, at_north: Browser) -> None:
    page(north, slug="", title="Welcome")
    about = page(north, slug="über", title="Über <uns>", in_menus=False)
    hidden = page(north, slug="hidden", title="Hidden", parent=about, status="draft")
    page(north, slug="team", title="Team", parent=hidden, own_path="/team/")
    page(south, slug="team", title="Theirs", parent=page(south, slug="x", title="X"), own_path="/team/")
    assert crumbs(at_north, "/team/") == [
        '><a href="/">Welcome</a>',
        '><a href="/%C3%BCber/">Über &lt;uns&gt;</a>',
        ' aria-current="page">Team',
    ]
    assert crumbs(at_north, "/") == crumbs(at_north, "/über/") == []
    assert crumbs(Browser("south.test"), "/team/") == ['><a href="/x/">X</a>', ' aria-current="page">Theirs']


def test_the_pages_below_a_page_are_listed(north: Site, south: Site) -> None:
    top = page(north, slug="top", title="Top")
    page(north, slug="b", title="B", parent=top, position=1, description="About B")
    page(north, LinkPage, slug="a", title="A", parent=top, position=2, address="https://elsewhere.example/")
    page(north, slug="soon", title="Soon", parent=top, publish_at=timezone.now() + timedelta(1))
    page(north, slug="deeper", title="Deeper", parent=Page.all_sites.get(slug="b"))
    with use_site(north):
        shown = Template("{% load pages %}{% child_pages %}").render(Context({"page": top}))
    assert (
        shown.index('<a href="/top/b/">B</a>') < shown.index("<p>About B</p>") < shown.index('<a href="/top/a/">A</a>')
    )
    assert "Soon" not in shown
    assert "Deeper" not in shown


@pytest.mark.django_db(transaction=True)
def test_they_cost_no_query_until_the_content_changes() -> None:
    site = make_north()
    top = page(site, slug="top", title="Top")
    page(site, slug="below", title="Below", parent=top)
    browser = Browser("north.test")
    for title in ("Top", "Renamed"):
        with use_site(site):
            Page.objects.filter(pk=top.pk).update(title=title)
        assert f">{title}<" in crumbs(browser, "/top/below/")[0]
        with CaptureQueriesContext(connection) as queries:
            browser.get("/top/below/")
        assert len(queries) == 1
