"""What is made of a site's content is kept until the content changes: by hand, by the clock, or with the site."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sites.models import Site
from django.db import transaction
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone

from app.tenancy import content_cache
from app.tenancy.content_cache import cached_by_content, next_change
from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.directory import directory
from tests.support.makers import Browser, make_north, make_south, page
from tests.third_party.models import Label

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sites() -> tuple[Site, Site]:
    return make_north(), make_south()


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


def test_it_is_made_once_for_each_site(sites: tuple[Site, Site]) -> None:
    count = Counter()
    for _ in range(3):
        for site, expected in zip(sites, (1, 2), strict=True):
            with use_site(site):
                assert cached_by_content("count", count) == expected
    with pytest.raises(NoCurrentSite):
        cached_by_content("count", count)


def rename(site: Site) -> None:
    Site.objects.filter(pk=site.pk).update(name="Other")
    directory.expire()


@pytest.mark.parametrize("change", [lambda _: Label.objects.create(name="a"), rename])
def test_a_change_makes_it_again_on_that_site_only(change: Callable[[Site], object], sites: tuple[Site, Site]) -> None:
    counts = Counter(), Counter()
    for site, count in zip(sites, counts, strict=True):
        with use_site(site):
            cached_by_content("count", count)
    with use_site(sites[0]):
        change(sites[0])
    for site, count in zip(sites, counts, strict=True):
        with use_site(site):
            cached_by_content("count", count)
    assert [count.calls for count in counts] == [2, 1]


def test_inside_a_transaction_nothing_is_kept(sites: tuple[Site, Site]) -> None:
    count = Counter()
    with use_site(sites[0]):
        with transaction.atomic():
            assert [cached_by_content("count", count) for _ in range(2)] == [1, 2]
        assert cached_by_content("count", count) == 3


def test_the_clock_makes_it_again(sites: tuple[Site, Site]) -> None:
    soon = timezone.now() + timedelta(seconds=0.5)
    page(sites[0], slug="a", publish_at=soon, expire_at=soon + timedelta(days=1))
    page(sites[0], slug="b", expire_at=timezone.now() + timedelta(days=2))
    page(sites[0], slug="draft", status="draft", publish_at=timezone.now() + timedelta(seconds=0.1))
    count = Counter()
    with use_site(sites[0]):
        assert next_change() == pytest.approx(soon.timestamp())
        assert cached_by_content("count", count) == 1
        time.sleep(max(0.0, soon.timestamp() - time.time() + 0.01))
        assert cached_by_content("count", count) == 2
        assert next_change() == pytest.approx((soon + timedelta(days=1)).timestamp())
    with use_site(sites[1]):
        assert next_change() is None


def test_what_changes_by_the_clock_while_it_is_made_is_made_again(sites: tuple[Site, Site]) -> None:
    soon = timezone.now() + timedelta(seconds=0.5)
    page(sites[0], slug="a", expire_at=soon)
    count = Counter()

    def slow() -> int:
        time.sleep(max(0.0, soon.timestamp() - time.time() + 0.01))
        return count()

    with use_site(sites[0]):
        assert [cached_by_content("count", slow) for _ in range(3)] == [1, 2, 2]


def test_memory_is_bounded(sites: tuple[Site, Site]) -> None:
    with use_site(sites[0]):
        for number in range(200):
            cached_by_content(f"large {number}", lambda: "x" * 200_000)
        cached_by_content("too large", lambda: "x" * content_cache.MOST_BYTES)
    assert content_cache._kept.currsize <= content_cache.MOST_BYTES


class TestTag:
    def render(self, text: str, **context: object) -> str:
        return Template("{% load tenancy %}" + text).render(Context(context))

    def test_it_is_rendered_again_for_other_values_and_after_a_change(self, sites: tuple[Site, Site]) -> None:
        count = Counter()
        text = '{% cached_by_content "x" place %}{{ count }}{{ place }}{% endcached_by_content %}'
        with use_site(sites[0]):
            assert [self.render(text, count=count, place=place) for place in "aba"] == ["1a", "2b", "1a"]
            Label.objects.create(name="a")
            assert self.render(text, count=count, place="a") == "3a"

    def test_what_it_keeps_was_escaped_once(self, sites: tuple[Site, Site]) -> None:
        with use_site(sites[0]):
            for _ in range(2):
                text = '{% cached_by_content "x" %}<b>{{ value }}</b>{% endcached_by_content %}'
                assert self.render(text, value="<&>") == "<b>&lt;&amp;&gt;</b>"

    @pytest.mark.parametrize("text", ["{% cached_by_content %}{% endcached_by_content %}", "{% cached_by_content x %}"])
    def test_a_name_is_needed(self, text: str) -> None:
        with pytest.raises(TemplateSyntaxError, match="name in quotes"):
            self.render(text)


def test_the_menu_marks_where_the_visitor_is(sites: tuple[Site, Site]) -> None:
    """Although it is kept: once for each place of the menu, and once for all addresses that are not in it."""
    top = page(sites[0], slug="top", title="Top")
    page(sites[0], slug="below", title="Below", parent=top)
    browser = Browser("north.test")
    for _ in range(2):
        text = browser.get("/top/").content.decode()
        assert 'href="/top/" aria-current="page"' in text
        text = browser.get("/top/below/").content.decode()
        assert '<details name="menu" class="is-open"><summary>Top</summary>' in text
        assert 'href="/top/below/" aria-current="page"' in text
        elsewhere = browser.get("/elsewhere/").content.decode()
        assert "aria-current" not in elsewhere
        assert "is-open" not in elsewhere
    kept = len(content_cache._kept)
    for number in range(20):
        browser.get(f"/missing-{number}/")
        browser.get(f"/top/missing-{number}/")
    assert len(content_cache._kept) <= kept + 1
