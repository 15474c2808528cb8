"""Each site speaks its own language, in its own time zone: on two sites, one after another in a thread."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.sites.models import Site
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from app.accounts.models import User
from app.posts.models import Category, Post
from app.tenancy.content_cache import cached_by_content
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.language import in_language_of
from app.twitter.models import Tweet
from app.urls import urlpatterns as own_urls
from tests.support.commands import call
from tests.support.makers import Browser, page
from tests.support.posts import post
from tests.support.twitter import make_feed
from tests.support.wsgi import Server

BERLIN, MEXICO = "Europe/Berlin", "America/Mexico_City"
#: Half past midnight on 1 March in Berlin, and still 28 February in Mexico.
NEW_MONTH = dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC)


def set_values(domain: str, **values: Any) -> None:
    call("sites", "set", domain, *[f"--setting={name}={json.dumps(value)}" for name, value in values.items()])
    directory.forget()


@pytest.fixture
def german(transactional_db: None, north: Site) -> Site:
    set_values("north.test", language="de", time_zone=BERLIN)
    return north


@pytest.fixture
def french(transactional_db: None, south: Site) -> Site:
    set_values("south.test", language="fr", time_zone=MEXICO)
    return south


def language_of(answer: Any) -> str:
    """Of a page, whichever client requested it."""
    body: bytes = getattr(answer, "body", None) or answer.content
    found = re.search(r'<html[^>]* lang="([a-z-]+)"', body.decode())
    return found[1] if found else ""


def test_two_languages_in_one_thread(german: Site, french: Site) -> None:
    for site in (german, french):
        post(site, title="A-1", publish_at=NEW_MONTH)
    server = Server()
    expected = {"north.test": ("de", "1. März 2026", "Monate"), "south.test": ("fr", "28 février 2026", "Mois")}
    for found in ("fwd=miss; stored", "hit"):
        for host, words in expected.items():
            listed = server.get(host, "/blog/", HTTP_ACCEPT_LANGUAGE="es")
            assert listed.found == found
            assert language_of(listed) == words[0]
            assert all(word in listed.body.decode() for word in words[1:])
            # A page that nobody stores, between them.
            assert language_of(server.get(host, "/nowhere/", HTTP_ACCEPT_LANGUAGE="es")) == words[0]


def test_the_months_are_those_of_the_site(german: Site, french: Site, at_north: Browser, at_south: Browser) -> None:
    for site in (german, french):
        post(site, title="A-1", publish_at=NEW_MONTH)
    found = [
        (at.get("/blog/2026/03/").status_code, at.get("/blog/2026/02/").status_code) for at in (at_north, at_south)
    ]
    assert found == [(200, 404), (404, 200)]


def test_another_language_is_seen_at_the_next_request(german: Site) -> None:
    page(german, slug="", title="A-1")
    server = Server()
    assert [language_of(server.get("north.test")) for _ in range(2)] == ["de", "de"]
    set_values("north.test", language="es")
    assert language_of(server.get("north.test")) == "es"


def leave_french_behind(request: HttpRequest) -> HttpResponse:
    translation.activate("fr")
    timezone.activate(MEXICO)
    return HttpResponse()


urlpatterns = [path("leave/", leave_french_behind), *own_urls]


@override_settings(ROOT_URLCONF=__name__)
def test_what_a_view_leaves_active_ends_with_its_request(north: Site, south: Site) -> None:
    post(south, title="A-1", publish_at=NEW_MONTH)
    Browser("north.test").get("/leave/")
    body = Browser("south.test").get("/blog/").content.decode()
    assert "Feb. 28, 2026" in body
    assert "Mois" not in body


def test_the_admin_is_in_english_and_in_the_time_of_the_site(german: Site, nora: User) -> None:
    browser = Browser("north.test")
    assert language_of(browser.get("/")) == "de"
    assert language_of(browser.get("/admin/login/")) == "en"
    browser.force_login(nora)
    form = dict.fromkeys(("publish_at_1", "expire_at_0", "expire_at_1", "summary", "body", "author", "image"), "")
    form |= {"title": "Plan", "slug": "plan", "status": "published"}
    planned = {**form, "publish_at_0": "2026-03-01", "publish_at_1": "00:30"}
    assert browser.post("/admin/posts/post/add/", planned).status_code == 302
    with use_site(german):
        row = Post.objects.get()
    assert row.publish_at == NEW_MONTH
    shown = browser.get(f"/admin/posts/post/{row.pk}/change/").content.decode()
    assert 'value="2026-03-01"' in shown
    assert 'value="00:30:00"' in shown
    assert f"In the time zone of the site: {BERLIN}." in shown
    assert "1. März 2026" in browser.get("/blog/plan/").content.decode()
    # The hour that a clock shows twice, and the one that it leaves out.
    twice = {**form, "publish_at_0": "2026-10-25", "publish_at_1": "02:30"}
    assert browser.post(f"/admin/posts/post/{row.pk}/change/", twice).status_code == 302
    with use_site(german):
        row.refresh_from_db()
    assert row.publish_at == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    # The same text is the second passage of that hour if it was one before: a save moves no time.
    second = dt.datetime(2026, 10, 25, 1, 30, 0, 5, tzinfo=dt.UTC)
    with use_site(german):
        row.publish_at = second
        row.save()
    assert browser.post(f"/admin/posts/post/{row.pk}/change/", {**twice, "title": "Plan B"}).status_code == 302
    with use_site(german):
        row.refresh_from_db()
    assert (row.title, row.publish_at) == ("Plan B", second)
    never = {**form, "publish_at_0": "2026-03-29", "publish_at_1": "02:30"}
    assert "or it may not exist" in browser.post(f"/admin/posts/post/{row.pk}/change/", never).content.decode()


def test_the_help_of_a_time_has_the_zone_too(german: Site, nora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Post._meta.get_field("publish_at"), "help_text", "Not before the print edition.")
    browser = Browser("north.test")
    browser.force_login(nora)
    form = browser.get("/admin/posts/post/add/").content.decode()
    assert f"Not before the print edition. In the time zone of the site: {BERLIN}." in form
    assert form.count("In the time zone of the site") == 2


def test_what_the_admin_has_made_is_kept_in_the_language_of_the_site(german: Site, nora: User) -> None:
    """The preview in a form shows the public page, and the fragments of it that all visitors get."""
    row = page(german, slug="", title="A-1")
    browser = Browser("north.test")
    browser.force_login(nora)
    form = {"title": "A-2", "slug": "", "status": "published", "position": 0, "body": "", "in_menus": "on"}
    shown = browser.post(f"/admin/pages/page/{row.pk}/preview/", form)
    assert language_of(shown) == "de"
    assert language_of(browser.get("/admin/")) == "en"


class Texts(HTMLParser):
    """The texts of a page, and those of attributes that are read aloud."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._hidden = 0
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"style", "script"}
        self.found |= {value for name, value in attributes if name in {"aria-label", "alt", "title"} and value}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._hidden and re.search("[A-Za-z]{2}", data):
            self.found.add(" ".join(data.split()))


def fill(site: Site) -> None:
    """Every type of page; content has no words, only letters with a number."""
    with use_site(site):
        label = Category.objects.create(name="K-1", slug="k")
    for number in range(12):
        row = post(site, title=f"P-{number}", slug=f"p{number}", body="<p>B-1</p>", publish_at=NEW_MONTH)
        with use_site(site):
            row.categories.add(label)
    feed = make_feed(site, "user", "nasa")
    with use_site(site):
        Tweet.objects.create(
            feed=feed,
            remote_id=1,
            text="W-1",
            created_at=NEW_MONTH,
            author_username="T-2",
            author_id=1,
            checked_at=NEW_MONTH,
            author_name="T-1",
        )
    home = page(site, slug="", title="H-1", body="<p>B-1</p>")
    section = page(site, slug="s", title="S-1")
    page(site, slug="c", title="C-1", parent=section)
    page(site, slug="m", title="M-1", login_required=True)
    assert home.path == "/"


PAGES = (
    *("/", "/s/", "/s/c/", "/nowhere/", "/blog/", "/blog/?page=2", "/blog/p3/", "/blog/category/k/", "/blog/2026/02/"),
    *("/%00/", "/preview-link?key=x"),
)
#: Content, and words that are the same in both languages.
SAME = re.compile(r"([A-Z]-\d+|Blog)( · North)?|North|North \(RSS\)|@T-2|\d+|\W*")


@pytest.mark.parametrize("theme", ["portico", "atrium", "journal"])
def test_a_german_site_shows_no_english_words(
    theme: str, north: Site, south: Site, at_north: Browser, at_south: Browser
) -> None:
    set_values("north.test", language="de")
    for site in (north, south):
        Site.objects.filter(pk=site.pk).update(name="North")
        call("sites", "set", site.domain, f"--theme={theme}")
        fill(site)
    directory.forget()
    for target in PAGES:
        german, english = at_north.get(target), at_south.get(target)
        assert german.status_code == english.status_code
        assert (language_of(german), language_of(english)) == ("de", "en"), target
        both = Texts(german.content.decode()).found & Texts(english.content.decode()).found
        assert [text for text in both if not SAME.fullmatch(text)] == [], target


def test_feeds_name_their_language(north: Site, at_north: Browser) -> None:
    set_values("north.test", language="de")
    post(north, title="P-1")
    atom = ElementTree.fromstring(at_north.get("/blog/feed/").content)  # noqa: S314  # our own
    assert atom.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "de"
    assert atom.findtext("{http://www.w3.org/2005/Atom}subtitle") == "Die neuesten Beiträge"
    assert b"<language>de</language>" in at_north.get("/blog/feed/rss/").content


def test_outside_of_requests_a_block_has_the_language_of_a_site(german: Site, french: Site) -> None:
    def month() -> str:
        return date_format(localtime(NEW_MONTH), "j F")

    # What all visitors get is in the language of the site, whoever needs it first: an editor, or a command.
    with use_site(german):
        assert cached_by_content("months", lambda: gettext("Months")) == "Monate"
    with use_site(german) as north, in_language_of(north):
        assert month() == "1 März"
        with use_site(french) as south, in_language_of(south):
            assert month() == "28 février"
        assert month() == "1 März"
    assert month() == "28 February"
