"""Feeds of posts, and what else of the platform finds posts: sitemap, menus, media, redirects, page cache."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.template import engines
from django.utils import timezone

from app.accounts.models import User
from app.media.usage import uses_of
from app.pagecache.views import PERMISSION
from app.pages.models import LinkPage
from app.postgresql.row_security.scope import every_site
from app.posts.models import Author, Category, Post
from app.redirects.served import is_served
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser
from tests.support.posts import post
from tests.support.uploads import media_file, picture

ATOM = "{http://www.w3.org/2005/Atom}"
DAY = dt.timedelta(days=1)


def feed(browser: Browser, path: str, content_type: str) -> Any:
    response = browser.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    return ElementTree.fromstring(response.content)  # noqa: S314  # our own


def test_atom(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    media = media_file(north, picture(1600, 900), alt="A bridge")
    with use_site(north):
        news = Category.objects.create(name="News")
        ines = Author.objects.create(name="Ines <Halden>")
    row = post(north, title="T & <b>\x0b", slug="ü", summary="1 < 2 \x0c", author=ines, image=media)
    with use_site(north):
        row.categories.add(news)
    for number in range(25):
        post(north, slug=f"p{number}", publish_at=timezone.now() - DAY * (number + 1))
    found = feed(at_north, "/blog/feed/", "application/atom+xml")
    entries = found.findall(f"{ATOM}entry")
    assert len(entries) == 20
    first = entries[0]
    assert first.findtext(f"{ATOM}title") == "T & <b>"
    assert first.findtext(f"{ATOM}summary") == "1 &lt; 2"
    assert first.findtext(f"{ATOM}author/{ATOM}name") == "Ines <Halden>"
    assert first.find(f"{ATOM}author/{ATOM}email") is None
    assert first.find(f"{ATOM}category").attrib == {"term": "News"}
    links = {link.attrib.get("rel"): link.attrib for link in first.findall(f"{ATOM}link")}
    assert links["alternate"]["href"] == "http://north.test/blog/%C3%BC/"
    assert links["enclosure"]["href"] == f"http://north.test{media.get_absolute_url()}"
    assert links["enclosure"]["type"] == "image/jpeg"
    sent = b"".join(at_north.get(media.get_absolute_url()))
    assert links["enclosure"]["length"] == str(len(sent)) != str(media.stored_size)
    identity = first.findtext(f"{ATOM}id")
    with use_site(north):
        row.slug = "renamed"
        row.save()
    renamed = feed(at_north, "/blog/feed/", "application/atom+xml").find(f"{ATOM}entry")
    assert renamed.findtext(f"{ATOM}id") == identity
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 20
    assert not feed(at_south, "/blog/feed/", "application/atom+xml").findall(f"{ATOM}entry")


def test_rss_of_a_category(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    with use_site(north):
        news = Category.objects.create(name="News", description="What is new")
    row = post(north, title="In", slug="in")
    post(north, title="Out", slug="out")
    with use_site(north):
        row.categories.add(news)
    path = "/blog/category/news/feed/rss/"
    channel = feed(at_north, path, "application/rss+xml").find("channel")
    assert channel.findtext("title") == "News · North"
    assert channel.findtext("description") == "What is new"
    assert [item.findtext("link") for item in channel.findall("item")] == ["http://north.test/blog/in/"]
    assert at_south.get(path).status_code == 404
    assert f'title="News" href="{path.removesuffix("rss/")}"' in at_north.get("/blog/category/news/").content.decode()


def ids(browser: Browser) -> list[Any]:
    entries = feed(browser, "/blog/feed/", "application/atom+xml").findall(f"{ATOM}entry")
    return [entry.findtext(f"{ATOM}id") for entry in entries]


def test_another_domain_makes_no_entry_new(north: Site, at_north: Browser) -> None:
    row = post(north)
    old = post(north, slug="old", publish_at=timezone.now() - DAY)
    with use_site(north):
        Post.objects.filter(pk=old.pk).update(feed_id="")  # by a pod of the last release
    before = ids(at_north)
    assert before == [row.feed_id, f"tag:north.test,2026:post-{old.pk}"]
    migrate()
    assert ids(at_north) == before
    north.domain = "east.test"
    north.save()
    assert ids(Browser("east.test")) == before


def migrate() -> None:
    after = ("posts", "0003_feed_id")
    editor: Any = SimpleNamespace(connection=connection)
    for operation in MigrationLoader(connection).disk_migrations[after].operations[1:]:
        assert isinstance(operation, RunPython)
        with every_site():  # as the owner of the tables, whom row security does not bind
            operation.code(MigrationLoader(connection).project_state(after).apps, editor)


def test_a_feed_has_an_author_also_for_posts_without_one(north: Site, at_north: Browser) -> None:
    post(north)
    found = feed(at_north, "/blog/feed/", "application/atom+xml")
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "North"
    assert found.find(f"{ATOM}entry/{ATOM}author") is None


def test_a_scheduled_post_was_changed_last_when_it_appeared(north: Site, at_north: Browser) -> None:
    appeared = timezone.now().replace(microsecond=0) - DAY
    saved = appeared - DAY
    row = post(north, slug="a", publish_at=appeared)
    with use_site(north):
        Post.objects.filter(pk=row.pk).update(updated_at=saved)

    def shown() -> tuple[Any, bool, bool]:
        entry = feed(at_north, "/blog/feed/", "application/atom+xml").find(f"{ATOM}entry")
        text, sitemap = at_north.get("/blog/a/").content.decode(), at_north.get("/sitemap.xml").content.decode()
        modified = f'<meta property="article:modified_time" content="{appeared:%Y-%m-%dT%H:%M:%S}'
        updated = dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated"))
        return updated, modified in text, f"<lastmod>{appeared:%Y-%m-%d}</lastmod>" in sitemap

    assert shown() == (appeared, True, True)
    with use_site(north):
        Post.objects.filter(pk=row.pk).update(publish_at=saved)  # which sets updated_at as well
        Post.objects.filter(pk=row.pk).update(updated_at=appeared)
    assert shown() == (appeared, True, True)


def test_a_feed_without_posts_does_not_change(north: Site, at_north: Browser) -> None:
    for path in ("/blog/feed/", "/blog/feed/rss/"):
        assert "1970" in at_north.get(path).content.decode(), path


def test_the_sitemap_has_posts(north: Site, at_north: Browser) -> None:
    post(north, slug="a")
    post(north, slug="hidden", in_sitemap=False)
    found = at_north.get("/sitemap.xml").content.decode()
    assert "<loc>http://north.test/blog/a/</loc>" in found
    assert "hidden" not in found


def test_a_link_in_the_menus_leads_to_the_blog(north: Site, at_north: Browser) -> None:
    with use_site(north):
        LinkPage.objects.create(title="News", slug="news", status="published", target="posts.list")
    assert '<a href="/blog/" aria-current="page">News</a>' in at_north.get("/blog/").content.decode()


def test_files_in_posts_are_in_use(north: Site, south: Site, nora: User) -> None:
    featured, shown = media_file(north, picture(60, 50)), media_file(north, picture(50, 60))
    row = post(north, slug="a", image=featured, body=f'<figure><img src="{shown.get_absolute_url()}"></figure>')
    with use_site(north):
        assert [uses_of(file)[0] for file in (featured, shown)] == [row, row]
    editor = Browser("north.test")
    editor.force_login(nora)
    for file in (featured, shown):
        found = editor.post(f"/admin/media/mediafile/{file.pk}/delete/", {"post": "yes"})
        assert f"/admin/posts/post/{row.pk}/change/" in found.content.decode()


def test_where_a_post_is_no_redirect_is_used(north: Site, south: Site) -> None:
    post(north, slug="ü")
    post(north, slug="draft", status="draft")
    with use_site(north):
        assert [is_served(path) for path in ("/blog/ü", "/blog/", "/blog/feed/", "/blog/draft/", "/blog/x/")] == [
            True, True, True, False, False
        ]  # fmt: skip
    with use_site(south):
        assert not is_served("/blog/ü/")


@pytest.mark.parametrize("path", ["/blog/", "/blog/feed/", "/blog/a/", "/blog/category/news/"])
def test_stored_pages_last_until_the_next_post_appears(north: Site, at_north: Browser, path: str) -> None:
    with use_site(north):
        Category.objects.create(name="News")
    post(north, slug="a")
    later = post(north, slug="later", publish_at=timezone.now() + DAY)
    assert later.publish_at is not None
    assert at_north.get(path).wsgi_request.META[PERMISSION].until == later.publish_at.timestamp()


def test_a_changed_link_is_a_change_of_content(north: Site, south: Site) -> None:
    def versions() -> list[int]:
        return [SiteProfile.objects.get(site=site).content_version for site in (north, south)]

    with use_site(north):
        row, news = Post.objects.create(title="T"), Category.objects.create(name="News")
        before = versions()
        row.categories.add(news)
        added = versions()
        news.posts.clear()
        cleared = versions()
    assert before[0] < added[0] < cleared[0]
    assert before[1] == cleared[1]


def test_the_newest_posts_on_any_page(north: Site, south: Site) -> None:
    for number in range(3):
        post(north, title=f"<b>{number}", slug=f"p{number}", publish_at=timezone.now() - DAY * number)
    post(south, title="Theirs", slug="theirs")
    loop = "{% for row in rows %}{{ row.title }} {{ row.url }} {% endfor %}"
    with use_site(north):
        template = engines["django"].from_string("{% load posts %}{% latest_posts count as rows %}" + loop)
        assert template.render({"count": 2}) == "&lt;b&gt;0 /blog/p0/ &lt;b&gt;1 /blog/p1/ "
        assert template.render({"count": "x"}) == ""
    SiteProfile.objects.filter(site=north).update(settings={})
    directory.expire()
    with use_site(north):
        assert template.render({"count": 2}) == ""
