"""Posts as visitors read them: the list, the post, the archives."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.posts.models import Author, Category, Post, Tag
from app.publishing.versions.keeping import versions_of
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.isolation.cross_site import CrossSiteReference
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser, page
from tests.support.posts import post
from tests.support.uploads import media_file, picture

DAY = dt.timedelta(days=1)


def html(browser: Browser, path: str, status: int = 200) -> str:
    response = browser.get(path)
    assert response.status_code == status, (path, response.status_code)
    return response.content.decode()


def test_posts_of_a_site_are_on_its_list_only(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    post(north, title="Frost <b>tonight</b>", slug="frost", body="<p>Cover the &amp; beds.</p><script>1</script>")
    post(south, title="Theirs", slug="theirs")
    found = html(at_north, "/blog/")
    assert '<a href="/blog/frost/">Frost &lt;b&gt;tonight&lt;/b&gt;</a>' in found
    assert "Cover the &amp; beds." in found
    assert "Theirs" not in found
    assert "Theirs" in html(at_south, "/blog/")
    html(at_north, "/blog/theirs/", 404)
    assert "<script" not in html(at_north, "/blog/frost/")


def test_a_site_without_posts_says_so(at_north: Browser, north: Site) -> None:
    assert "There are no posts yet." in html(at_north, "/blog/")
    assert html(at_north, "/blog/feed/").count("<entry>") == 0


def test_where_the_blog_is_off_a_page_may_have_its_address(north: Site, at_north: Browser) -> None:
    post(north, slug="frost")
    page(north, slug="blog", title="A page about blogs")
    assert "<h1>Blog</h1>" in html(at_north, "/blog/")
    profile = SiteProfile.objects.get(site=north)
    profile.settings = {}
    profile.save()
    directory.expire()
    assert "<h1>A page about blogs</h1>" in html(at_north, "/blog/")
    html(at_north, "/blog/frost/", 404)


@pytest.mark.parametrize("number", ["0", "-1", "abc", "3", "01", "1.0", "", "%20 1", "99999999"])
def test_pages_of_the_list(north: Site, at_north: Browser, number: str) -> None:
    for each in range(11):
        post(north, title=f"Post {each}.", slug=f"p{each}", publish_at=timezone.now() - DAY * each)
    first, second = html(at_north, "/blog/"), html(at_north, "/blog/?page=2")
    assert "Post 9." in first
    assert "Post 10." not in first
    assert "Post 10." in second
    assert first == html(at_north, "/blog/?page=1")
    assert '<link rel="canonical" href="http://north.test/blog/">' in first
    assert '<link rel="canonical" href="http://north.test/blog/?page=2">' in second
    assert '<link rel="next" href="/blog/?page=2">' in first
    assert '<a rel="prev" href="/blog/">Newer posts</a>' in second
    html(at_north, f"/blog/?page={number}", 404)


def test_archives(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    with use_site(north):
        news, frost = Category.objects.create(name="News & more"), Tag.objects.create(name="Frost")
        ines = Author.objects.create(name="Ines Halden")
    row = post(north, title="Cold", slug="cold", author=ines, publish_at=dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC))
    post(north, title="Warm", slug="warm", publish_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    with use_site(north):
        row.categories.add(news)
        row.tags.add(frost)
        Category.objects.create(name="Empty")
        Tag.objects.create(name="Merger")
    for path in ("category/news-more", "tag/frost", "author/ines-halden", "2026/01"):
        found = html(at_north, f"/blog/{path}/")
        assert ">Cold</a>" in found, path
        assert "Warm" not in found, path
        assert f'<link rel="canonical" href="http://north.test/blog/{path}/">' in found
        html(at_south, f"/blog/{path}/", 404)
        html(at_north, f"/blog/{path}/?page=2", 404)
    assert "Warm" in html(at_north, "/blog/2026/02/")
    assert "There are no posts yet." in html(at_north, "/blog/category/empty/")
    for path in ("tag/merger", "category/none", "2026/03", "2026/13", "2026/1", "0000/01", "1999/12"):
        html(at_north, f"/blog/{path}/", 404)
    beside = html(at_north, "/blog/cold/")
    assert '<a href="/blog/category/news-more/">News &amp; more</a>' in beside
    assert '<a rel="tag" href="/blog/tag/frost/">Frost</a>' in beside
    assert '<a rel="author" href="/blog/author/ines-halden/">Ines Halden</a>' in beside


def test_posts_before_after_and_related(north: Site, south: Site, at_north: Browser) -> None:
    now = timezone.now().replace(microsecond=0)
    with use_site(north):
        tags = [Tag.objects.create(name=name) for name in ("a", "b", "c")]
    rows = [
        post(north, title=f"N{number}", slug=f"n{number}", publish_at=now - DAY * (10 - number // 2))
        for number in range(6)
    ]
    with use_site(north):
        rows[2].tags.set(tags)
        rows[0].tags.set(tags[:1])
        rows[5].tags.set(tags[:2])
    draft = post(north, title="N9", slug="n9", status="draft")
    with use_site(north):
        draft.tags.set(tags)
    response = at_north.get("/blog/n2/")
    beside = response.context["around"]
    assert (beside.previous.title, beside.next.title) == ("N1", "N3")
    assert {link.title for link in beside.related} == {"N0", "N5"}
    assert [link.title for link in beside.tags] == ["a", "b", "c"]
    assert at_north.get("/blog/n0/").context["around"].previous is None
    assert at_north.get("/blog/n5/").context["around"].next is None


def test_the_clock_publishes_and_removes(north: Site, at_north: Browser) -> None:
    now = timezone.now()
    post(north, title="Later", slug="later", publish_at=now + DAY)
    post(north, title="Over", slug="over", publish_at=now - DAY * 2, expire_at=now - DAY)
    post(north, title="Draft", slug="draft", status="draft")
    month = f"/blog/{now - DAY * 2:%Y/%m}/"
    for path in ("/blog/", "/blog/feed/", "/blog/feed/rss/", "/sitemap.xml"):
        found = html(at_north, path)
        assert not [title for title in ("later", "over", "draft") if f"/blog/{title}/" in found], path
    html(at_north, month, 404)
    for slug in ("later", "over", "draft"):
        html(at_north, f"/blog/{slug}/", 404)


def test_a_post_without_a_time_gets_the_time_of_its_publication(north: Site, at_north: Browser) -> None:
    row = post(north, slug="a", status="draft")
    with use_site(north):
        Post.objects.update(status="published")
        row.refresh_from_db()
    assert row.publish_at is not None
    assert "/blog/a/" in html(at_north, f"/blog/{row.publish_at:%Y/%m}/")


def test_editors_see_a_draft(north: Site, nora: User, sam: User) -> None:
    post(north, title="Draft", slug="draft", status="draft")
    editor, other = Browser("north.test"), Browser("north.test")
    editor.force_login(nora)
    response = editor.get("/blog/draft/")
    assert "Only editors see it" in response.content.decode()
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in response.headers["Cache-Control"]
    other.force_login(sam)
    html(other, "/blog/draft/", 404)


def test_head_of_a_post(north: Site, at_north: Browser) -> None:
    row = media_file(north, picture(1600, 900), alt='A "bridge"')
    moment = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)
    post(north, title="T & T", slug="ü", body=f"<h2>Heading</h2><p>{'word ' * 60}</p>", image=row, publish_at=moment)
    found = html(at_north, "/blog/%C3%BC/")
    for part in (
        "<title>T &amp; T · North</title>",
        '<link rel="canonical" href="http://north.test/blog/%C3%BC/">',
        '<meta property="og:type" content="article">',
        '<meta property="article:published_time" content="2026-03-04T05:06:00+00:00">',
        f'<meta property="og:image" content="http://north.test{row.social_url}">',
        '<meta property="og:image:alt" content="A &quot;bridge&quot;">',
        f'<meta name="description" content="{" ".join(["word"] * 40)}…">',
        '<link rel="alternate" type="application/atom+xml" title="North" href="/blog/feed/">',
        "srcset=",
    ):
        assert part in found, part
    assert "srcset=" in html(at_north, "/blog/")


def test_what_a_post_refuses(north: Site, south: Site) -> None:
    with use_site(south):
        foreign = Category.objects.create(name="Theirs")
    mine = post(north, slug="mine")
    with use_site(north):
        with pytest.raises(CrossSiteReference), transaction.atomic():
            mine.categories.add(foreign)
        for slug in ("feed", "a/b", "category"):
            with pytest.raises(ValidationError), transaction.atomic():
                Post.objects.create(title="T", slug=slug)
        assert Post.objects.create(title="Mine").slug == "mine-2"
        with pytest.raises(ValidationError), transaction.atomic():
            Post.objects.create(title="?!")


def test_a_changed_slug_leaves_a_redirect(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    row, unseen = post(north, slug="old"), post(north, slug="unseen", status="draft")
    with use_site(north):
        news = Category.objects.create(name="News")
        row.categories.add(news)
        row.slug, unseen.slug, news.slug = "new", "seen", "reports"
        for each in (row, unseen, news):
            each.save()
    assert at_north.get("/blog/old/").headers["Location"] == "/blog/new/"
    assert at_north.get("/blog/category/news/").headers["Location"] == "/blog/category/reports/"
    html(at_north, "/blog/unseen/", 404)
    html(at_south, "/blog/old/", 404)
    with use_site(north):
        row.slug = "old"
        row.save()
    html(at_north, "/blog/old/")
    assert at_north.get("/blog/new/").headers["Location"] == "/blog/old/"


PATHS = {
    "/blog/": 2,
    "/blog/category/news/": 3,
    "/blog/tag/frost/": 3,
    "/blog/author/ines/": 3,
    "/blog/2026/01/": 2,
    "/blog/p5/": 2,
    "/blog/feed/": 2,
    "/blog/category/news/feed/rss/": 3,
}


@pytest.mark.django_db(transaction=True)
def test_queries_do_not_grow_with_the_blog(north: Site, south: Site, at_north: Browser) -> None:
    media = media_file(north, picture(1600, 900), alt="A bridge")
    costs: list[dict[str, int]] = []
    for first, last in ((0, 11), (11, 1000)):
        with use_site(north):
            news, _new = Category.objects.get_or_create(slug="news", defaults={"name": "News"})
            frost, _new = Tag.objects.get_or_create(slug="frost", defaults={"name": "Frost"})
            ines, _new = Author.objects.get_or_create(slug="ines", defaults={"name": "Ines"})
            for number in range(first, min(last, 60)):
                Category.objects.create(name=f"C{number}")
            start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            rows = [
                Post(
                    title="T",
                    slug=f"p{number}",
                    status="published",
                    author=ines,
                    image=media,
                    publish_at=start + dt.timedelta(minutes=number),
                )
                for number in range(first, last)
            ]
            for row in Post.objects.bulk_create(rows):
                row.categories.add(news)
                row.tags.add(frost)
        page(north, slug=f"page{first}")
        costs.append({})
        for path in PATHS:
            assert at_north.get(path).status_code == 200  # what all pages of the site share is loaded
            with CaptureQueriesContext(connection) as queries:
                found = at_north.get(path).content.decode()
            assert "/blog/p" in found
            costs[-1][path] = len(queries)
            writes = ("INSERT", "UPDATE", "DELETE")
            assert not [query for query in queries if query["sql"].startswith(writes)], path
    assert costs == [PATHS, PATHS]


def test_a_post_keeps_its_versions(north: Site) -> None:
    row = post(north, slug="a", body="<p>Yesterday</p>")
    with use_site(north):
        Post.objects.update(body="<p>Today</p>")
        row.tags.add(Tag.objects.create(name="Frost"))
        found = [version.content for version in versions_of(row)]
        texts = [(content["body"], len(content["tags"])) for content in found]
    assert texts == [("<p>Today</p>", 1), ("<p>Today</p>", 0), ("<p>Yesterday</p>", 0)]
