"""Feeds in the admin: their status, polls that are queued, and tokens that are never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.template import Engine
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from health_check.exceptions import ServiceWarning

from app.accounts.models import User
from app.health.runner import Result
from app.tenancy.colours import luminance
from app.tenancy.current import use_site
from app.twitter import named_feeds
from app.twitter.health import PollAge
from app.twitter.models import Credential, Feed, fingerprint
from tests.support.makers import Browser, person
from tests.support.programs import ROOT
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer

TOKEN = "AAAAnorthern-token"


@pytest.fixture
def editor(nora: User, at_north: Browser) -> Browser:
    at_north.force_login(nora)
    return at_north


def test_it_works(editor: Browser, north: Site) -> None:
    response = editor.post(
        "/admin/twitter/feed/add/", {"kind": "user", "value": "https://x.com/NASA", "active": "on"}, follow=True
    )

    assert response.status_code == 200
    assert "not polled yet" in response.content.decode()
    assert Feed.all_sites.values_list("site", "kind", "value").get() == (north.pk, "user", "nasa")


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("user", "n" * 300, "A user name has 1 to 15 letters"),
        ("user", "a OR b", "A user name has 1 to 15 letters"),
        ("list", "🚀", "A list is given by its id"),
        ("search", "x" * 600, "at most 512 characters"),
        ("user", "@Taken", "This site has this feed already."),
    ],
)
def test_invalid_value_shows_a_message(kind: str, value: str, message: str, editor: Browser, north: Site) -> None:
    make_feed(north, "user", "taken")

    response = editor.post("/admin/twitter/feed/add/", {"kind": kind, "value": value, "active": "on"})

    assert message in response.content.decode()
    assert Feed.all_sites.count() == 1


def test_last_error_is_shown_and_poll_now_only_queues(editor: Browser, north: Site, x: XServer, poll: Poll) -> None:
    ours = make_feed(north, "user", "nobody")
    poll()
    x.reset()
    page = editor.get(reverse("admin:twitter_feed_changelist")).content.decode()
    assert "failing" in page
    assert "X does not show @nobody" in page
    assert "X does not show @nobody" in editor.get("/admin/").content.decode()

    response = editor.post(reverse("admin:twitter_feed_poll_now", args=[ours.pk]), follow=True)

    assert "1 feed is queued for the next run." in response.content.decode()
    assert x.requests == []
    assert reload(ours).requested_at is not None
    x.world.post(x.world.account("nobody"), "Here now")
    assert poll()["polled"] == 1  # before its wait was over
    assert reload(ours).requested_at is None


def test_action_queues_many(editor: Browser, north: Site) -> None:
    ours = [make_feed(north, "search", f"word{number}") for number in range(3)]

    editor.post(
        reverse("admin:twitter_feed_changelist"),
        {"action": "poll_now", "_selected_action": [one.pk for one in ours[:2]]},
    )

    assert [reload(one).requested_at is not None for one in ours] == [True, True, False]


def test_poll_now_needs_post(editor: Browser, north: Site) -> None:
    ours = make_feed(north, "user", "nasa")

    assert editor.get(reverse("admin:twitter_feed_poll_now", args=[ours.pk])).status_code == 403
    assert reload(ours).requested_at is None


def test_requests_are_shown_without_sending_any(
    editor: Browser, north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    for name in ("nasa", "esa"):
        world.post(world.account(name), "News")
    ours = make_feed(north, "user", "nasa")
    make_feed(south, "user", "esa")
    address = reverse("admin:twitter_feed_requests", args=[ours.pk])
    assert "look up @nasa" in editor.get(address).content.decode()
    poll()
    x.reset()

    page = editor.get(address).content.decode()

    assert "search (from:nasa) -is:retweet -is:reply since post" in page
    assert "esa" not in page  # it shares the request; another site's feed is not shown
    assert x.requests == []


def test_other_site_has_no_such_feed(editor: Browser, south: Site) -> None:
    theirs = make_feed(south, "user", "secret_interest")
    for name in ("change", "requests", "poll_now", "history", "delete"):
        send = editor.post if name == "poll_now" else editor.get
        page = send(reverse(f"admin:twitter_feed_{name}", args=[theirs.pk]))
        assert page.status_code == 404
        assert "secret_interest" not in page.content.decode()
    editor.post(reverse("admin:twitter_feed_changelist"), {"action": "poll_now", "_selected_action": [theirs.pk]})
    assert "secret_interest" not in editor.get(reverse("admin:twitter_feed_changelist")).content.decode()
    assert reload(theirs).requested_at is None


def test_token_is_stored_and_never_shown(north: Site, at_north: Browser) -> None:
    at_north.force_login(person("nils", north, "Site admin"))
    at_north.post("/admin/twitter/credential/add/", {"token": TOKEN})
    credential = Credential.all_sites.get()
    assert (credential.site_id, credential.token) == (north.pk, TOKEN)

    pages = [
        at_north.get(address, follow=True).content.decode()
        for address in (
            "/admin/", "/admin/twitter/credential/", f"/admin/twitter/credential/{credential.pk}/change/",
            f"/admin/twitter/credential/{credential.pk}/history/", f"/admin/twitter/credential/{credential.pk}/delete/",
        )
    ]  # fmt: skip
    pages.append(at_north.post("/admin/twitter/credential/add/", {"token": TOKEN + "2"}).content.decode())

    assert "This site has a credential already" in pages[-1]
    assert not any(TOKEN in page for page in pages)


def test_token_is_for_site_admins_of_its_site(north: Site, editor: Browser, at_south: Browser, south: Site) -> None:
    with use_site(north):
        credential = Credential.objects.create(token=TOKEN)
    address = f"/admin/twitter/credential/{credential.pk}/change/"
    assert editor.get(address).status_code == 403
    at_south.force_login(person("sven", south, "Site admin"))
    response = at_south.get(address)
    assert response.status_code == 404
    assert fingerprint(TOKEN) not in response.content.decode()
    assert at_south.post(address, {"token": "stolen"}).status_code == 404
    assert Credential.all_sites.get().token == TOKEN


def test_change_of_value_restarts_the_feed(editor: Browser, north: Site, world: World, x: XServer, poll: Poll) -> None:
    world.post(world.account("nasa"), "Of NASA")
    world.post(world.account("esa"), "Of ESA")
    ours = make_feed(north, "user", "nasa")
    poll()

    editor.post(reverse("admin:twitter_feed_change", args=[ours.pk]), {"kind": "user", "value": "esa", "active": "on"})

    assert (reload(ours).succeeded_at, reload(ours).since_id) == (None, None)
    assert not ours.tweets.model.all_sites.exists()
    poll()
    assert ours.tweets.model.all_sites.get().text == "Of ESA"


def test_change_of_another_field_keeps_the_tweets(editor: Browser, north: Site, world: World, poll: Poll) -> None:
    world.post(world.account("nasa"), "Lift-off")
    ours = make_feed(north, "user", "nasa")
    poll()

    # Another spelling of the same value, and a new default.
    values = {"kind": "user", "value": "@NASA", "active": "on", "is_default": "on"}
    editor.post(reverse("admin:twitter_feed_change", args=[ours.pk]), values)

    assert reload(ours).is_default
    assert reload(ours).succeeded_at is not None
    assert texts(ours) == ["Lift-off"]


PAGE = """{% load twitter_tags %}{% tweets_for_user "@NASA" as a %}{% tweets_for_search "moon" 3 as b %}
{% tweets_for_list 12 "five" as c %}{% tweets_for_user "not a name" as d %}{% tweets_for_user variable as e %}
{% comment %}{% tweets_for_user "comment" as f %}{% endcomment %}"""


def test_panel_names_the_feeds_that_templates_show_and_nobody_made(
    editor: Browser, north: Site, south: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "front.html").write_text(PAGE)
    (tmp_path / "broken.html").write_text('{% load twitter_tags %}{% tweets_for_user "broken" %}{% nonsense %}')
    monkeypatch.setattr(named_feeds, "_folders", lambda _: [tmp_path])
    make_feed(north, "search", "moon")
    make_feed(south, "user", "nasa")

    with CaptureQueriesContext(connection) as queries:
        panel = twitter_panel(editor)

    assert '<a href="/admin/twitter/feed/add/?kind=user&amp;value=nasa">nasa</a> (pages/front.html)' in panel
    assert "moon" not in panel
    assert "12 (pages/front.html): &quot;five&quot; is not a number of posts." in panel
    assert "not a name (pages/front.html): A user name has 1 to 15 letters" in panel
    assert "comment" not in panel
    assert "broken" not in panel
    assert not [query["sql"] for query in queries if "twitter_" in query["sql"] and "SELECT" not in query["sql"]]
    assert 'value="nasa"' in editor.get("/admin/twitter/feed/add/?kind=user&value=nasa").content.decode()


def test_panel_counts_a_feed_that_is_off_as_missing(
    editor: Browser, north: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "front.html").write_text('{% load twitter_tags %}{% tweets_for_user "nasa" %}')
    monkeypatch.setattr(named_feeds, "_folders", lambda _: [tmp_path])
    feed = make_feed(north, "user", "nasa")
    assert "(front.html)" not in twitter_panel(editor)
    with use_site(north):
        Feed.objects.filter(pk=feed.pk).update(active=False)

    assert "(front.html)" in twitter_panel(editor)


def test_templates_of_the_sites_theme_come_before_the_apps(north: Site) -> None:
    with use_site(north):
        folders = [path for loader in Engine.get_default().template_loaders for path in named_feeds._folders(loader)]

    theme, app = (
        next(place for place, path in enumerate(folders) if name in path.parts) for name in ("portico", "pages")
    )
    assert theme < app


def test_failed_poll_is_marked_and_named(editor: Browser, root: User, north: Site, world: World, poll: Poll) -> None:
    make_feed(north, "user", "nobody")
    poll()

    assert 'admin/img/icon-no.svg" alt="Failed:"> <a href="/admin/twitter/feed/' in twitter_panel(editor)
    with pytest.raises(ServiceWarning, match=r"1 failed.*X does not show @nobody"):
        PollAge().run()
    warning = Result(ServiceWarning("the last poll failed"), 0.0)
    row = render_to_string("admin/status.html", {"results": {"poll": warning}, "site_header": ""})
    assert 'admin/img/icon-alert.svg" alt=""> Warning: the last poll failed' in row


def colours() -> dict[str, tuple[str, str]]:
    """Class of a status → its colours in the light and in the dark scheme."""
    text = (ROOT / "app" / "twitter" / "static" / "twitter" / "admin.css").read_text()
    return {name: (light, dark) for name, light, dark in re.findall(r"\.(\S+) .*light-dark\((\S+), (\S+)\)", text)}


@pytest.mark.parametrize("status", ["failing", "waiting", "queued", "ok"])
@pytest.mark.parametrize(
    ("scheme", "backgrounds"), [(0, ("#ffffff", "#f5f6f7", "#fdf6d8")), (1, ("#15171a", "#1e2125", "#33301f"))]
)
def test_status_can_be_read_in_both_colour_schemes(status: str, scheme: int, backgrounds: tuple[str, ...]) -> None:
    """On the rows of the admin (app/tenancy/static/tenancy/admin.css), as WCAG 2.2 counts contrast."""
    ink = luminance(colours()[f"feed-{status}"][scheme])
    for background in backgrounds:
        lighter, darker = sorted((ink, luminance(background)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_status_follows_the_colour_scheme(editor: Browser, north: Site, poll: Poll) -> None:
    make_feed(north, "user", "nobody")
    poll()

    page = editor.get("/admin/twitter/feed/").content.decode()

    assert '<strong class="feed-failing">failing</strong>' in page
    assert "twitter/admin.css" in page


def twitter_panel(browser: Browser) -> str:
    return browser.get("/admin/").content.decode().partition('id="twitter-panel"')[2].partition("</div>")[0]
