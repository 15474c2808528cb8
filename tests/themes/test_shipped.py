"""The themes that come with the platform, on a site with posts and pictures."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from app.media.models import MediaFile
from app.pages.models import Page
from app.posts.models import Category, Post
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.themes.definition import SHIPPED, read_themes
from tests.support.commands import call
from tests.support.makers import Browser, make_north, page

NAMES = ("atrium", "journal", "portico")
MOST_BYTES = 30 * 1024
IMAGE = re.compile("<img [^>]*>")
PHYSICAL = re.compile(
    r"[;{ ]((?:(?:margin|padding|border|inset)-)?(?:left|right):[^;}]*|(?:text-align|float|clear): *(?:left|right))"
)
SIDE = r"([^\s;{}()]+)"
FOUR_SIDES = re.compile(rf"(?:margin|padding|inset): *{SIDE} +{SIDE} +{SIDE} +{SIDE} *[;}}]")


@pytest.fixture
def site() -> Site:
    """With a home page, a page below another one, and four posts, three of them with a picture."""
    site = make_north()
    with use_site(site):
        category = Category.objects.create(name="News")
        for number in range(4):
            picture = BytesIO()
            Image.new("RGB", (700, 400), (number * 60, 90, 120)).save(picture, format="PNG")
            file = ContentFile(picture.getvalue(), name=f"p{number}.png")
            image = MediaFile.upload(file, alt=f"Picture {number}")[0] if number else None
            values = {"title": f"Post {number}", "status": "published", "image": image, "body": "<p>Text.</p>"}
            post = Post.objects.create(**values, publish_at=timezone.now() - timedelta(days=9 - number))
            post.categories.add(category)
    page(site, slug="", title="Home", image=image)
    page(site, slug="team", title="Team", parent=page(site, slug="about", title="About", image=image))
    return site


def test_the_shipped_themes_and_how_large_their_styles_are() -> None:
    assert sorted(read_themes([])) == sorted(NAMES)
    for name in NAMES:
        (style,) = (SHIPPED / name / "static").rglob("*.css")
        text = style.read_text()
        assert len(text.encode()) < MOST_BYTES
        assert "url(" not in text, "an address that pages would load"
        assert "@import" not in text
        for feature in ("light-dark(", "@media print", "forced-colors", ":focus-visible"):
            assert feature in text, feature
        assert "animation" not in text
        assert "transition" not in text or "prefers-reduced-motion" in text


def test_their_styles_mirror_where_the_language_is_written_from_right_to_left() -> None:
    for name in NAMES:
        (style,) = (SHIPPED / name / "static").rglob("*.css")
        text = style.read_text()
        assert PHYSICAL.findall(text) == [], name
        assert [found[0] for found in FOUR_SIDES.finditer(text) if found[2] != found[4]] == [], name


def test_every_page_can_be_shown_with_each_of_them(db: None) -> None:
    output = call("themes", "check", *NAMES)
    assert "FAULT" not in output


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("theme", NAMES)
def test_pages_have_few_queries_and_pictures_that_do_not_move_the_text(site: Site, theme: str) -> None:
    SiteProfile.objects.filter(site=site).update(theme=theme)
    directory.expire()
    browser = Browser("north.test")
    for path, most in (
        ("/", 2),
        ("/about/team/", 1),
        ("/about/", 2),
        ("/blog/post-3/", 3),
        ("/blog/", 4),
        ("/nothing/", 3),
    ):
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            found = browser.get(f"{path}?fresh=1").content.decode()
        assert len(queries) <= most, (path, [query["sql"] for query in queries])
        assert "<script" not in found
        images = IMAGE.findall(found)
        assert all('width="700" height="400"' in image for image in images), path
        assert sum("fetchpriority" in image for image in images) == ("fetchpriority" in found), path
        assert all(("loading" in image) is ("fetchpriority" not in image) for image in images), path
        assert found.count("<h1") == 1, path
    assert 'fetchpriority="high"' in browser.get("/blog/post-3/").content.decode()
    assert ('fetchpriority="high"' in browser.get("/").content.decode()) is (theme != "portico")


@pytest.mark.parametrize("theme", NAMES)
def test_browsers_look_for_the_icon_of_the_site(db: None, site: Site, theme: str) -> None:
    logo = f"/media/{'0a' * 16}/mark-800x700.png"
    SiteProfile.objects.filter(site=site).update(theme=theme, settings={"apps": ["posts"], "logo": {"url": logo}})
    directory.expire()
    browser = Browser("north.test")
    for path in ("/", "/about/", "/blog/", "/missing/"):
        body = browser.get(path).content.decode()
        assert f"{theme}.css" in body, path
        # A browser requests /favicon.ico only of a page that names no icon.
        assert not re.search(r"<link [^>]*icon", body), path
    assert browser.get("/favicon.ico").headers["Location"] == f"/media/{'0a' * 16}/mark-320x280.png"


@pytest.mark.parametrize("theme", NAMES)
def test_a_site_without_anything_can_be_read(north: Site, at_north: Browser, theme: str) -> None:
    SiteProfile.objects.filter(site=north).update(theme=theme, settings={"apps": ["posts"]})
    directory.expire()
    assert "This site is ready" in at_north.get("/").content.decode()
    assert "There are no posts yet" in at_north.get("/blog/").content.decode()
    with use_site(north):
        Page.objects.create(title="Alone", slug="", status="published")
    found = at_north.get("/").content.decode()
    assert ">Alone</h1>" in found
    assert "<section" not in found
    assert "<img" not in found
