"""Templates show stored tweets: one query, no network, X's display rules."""

from __future__ import annotations

import datetime as dt
import socket
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.template import Context, Template

from app.tenancy.current import use_site
from app.twitter.models import Feed
from tests.support.twitter import Poll, make_feed
from tests.x_api import World

PAGE = """{%% load twitter_tags %%}{%% %s as tweets %%}{%% include "twitter/tweets.html" with tweets=tweets %%}"""


def render(site: Site, tag: str) -> str:
    with use_site(site):
        return Template(PAGE % tag).render(Context())


def test_it_works(
    north: Site, south: Site, world: World, poll: Poll, monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    nasa = world.account("NASA", name="NASA <i>")
    for number in range(7):
        world.post(nasa, f"Post {number}", ago=dt.timedelta(minutes=60 - number))
    listed = world.make_list([nasa])
    make_feed(north, "user", "nasa")
    make_feed(north, "list", listed)
    make_feed(north, "search", "post")
    poll()

    def no_network(*_: object) -> None:
        raise AssertionError("a page used the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    for tag in (
        'tweets_for_user "@NASA" 5',
        f"tweets_for_list {listed} 5",
        'tweets_for_search "post" 5',
        "tweets_default",
    ):
        with use_site(north), django_assert_num_queries(1):
            page = Template(PAGE % tag).render(Context())
        assert page.count('<li class="tweet">') == 5
        assert page.index("Post 6") < page.index("Post 2")
        name = '<strong dir="auto">NASA &lt;i&gt;</strong>'
        assert f'<a href="https://x.com/NASA" rel="nofollow noopener">{name} @NASA</a>' in page
        assert '<p class="tweet-text" dir="auto">Post 6</p>' in page
        assert "<script" not in page
        assert "<img" not in page
    with use_site(south), django_assert_num_queries(1):
        assert Template(PAGE % 'tweets_for_user "nasa"').render(Context()).strip() == ""


def test_time_links_to_the_post_and_reposts_are_labelled(north: Site, world: World, poll: Poll) -> None:
    nasa = world.account("nasa")
    post = world.post(world.account("esa"), "Landed")
    world.repost(nasa, post)
    listed = world.make_list([nasa])
    make_feed(north, "list", listed)
    poll()

    page = render(north, f"tweets_for_list {listed}")

    assert f'<a href="https://x.com/esa/status/{post.remote_id}" rel="nofollow noopener"><time datetime="' in page
    assert "Nasa reposted" in page


def test_default_is_the_default_feed_or_the_first(north: Site, world: World, poll: Poll) -> None:
    for name in ("first", "second"):
        world.post(world.account(name), f"Of {name}")
        make_feed(north, "user", name)
    poll()
    assert "Of first" in render(north, "tweets_default")
    Feed.all_sites.filter(value="second").update(is_default=True)
    assert "Of second" in render(north, "tweets_default 3")
    Feed.all_sites.filter(value="second").update(active=False)
    assert "Of first" in render(north, "tweets_default 3")


@pytest.mark.parametrize(
    "tag",
    [
        'tweets_for_user "no such name at all"', 'tweets_for_list "x"', "tweets_default", "tweets_for_user 5",
        'tweets_for_user "nasa" "five"', 'tweets_for_user "nasa" missing', 'tweets_for_user "nasa" None',
        'tweets_for_user "nasa" -1', 'tweets_for_search "post" 1.5', 'tweets_default "five"', "tweets_for_user missing",
        "tweets_for_user None 3", "tweets_for_search True False", 'tweets_for_user "nasa" "inf"',
    ],
)  # fmt: skip
def test_mistake_in_a_template_leaves_out_the_feed(tag: str, north: Site, world: World, poll: Poll) -> None:
    world.post(world.account("nasa"), "Post")
    if tag != "tweets_default":
        make_feed(north, "user", "nasa")
        poll()
    assert render(north, tag).strip() == ""


def test_huge_count_shows_what_there_is(north: Site, world: World, poll: Poll) -> None:
    world.post(world.account("nasa"), "Post")
    make_feed(north, "user", "nasa")
    poll()
    for count in (str(10**30), '"1"', 'count="1"'):
        assert render(north, f'tweets_for_user "nasa" {count}').count('<li class="tweet">') == 1
