"""Feeds in the admin: status in words, a queue instead of a call, tokens that are never shown."""

from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.urls import reverse

from app.accounts.models import User
from app.tenancy.current import use_site
from app.twitter.models import Credential, Feed
from app.twitter.tokens import fingerprint
from tests.support.makers import Browser, person
from tests.twitter.conftest import Poll, feed, fresh
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
    ("kind", "value", "sentence"),
    [
        ("user", "n" * 300, "A user name has 1 to 15 letters"),
        ("user", "a OR b", "A user name has 1 to 15 letters"),
        ("list", "🚀", "A list is given by its number"),
        ("search", "x" * 600, "at most 512 characters"),
        ("user", "@Taken", "This site has this feed already."),
    ],
)
def test_bad_value_is_told_beside_the_field(kind: str, value: str, sentence: str, editor: Browser, north: Site) -> None:
    feed(north, "user", "taken")

    response = editor.post("/admin/twitter/feed/add/", {"kind": kind, "value": value, "active": "on"})

    assert sentence in response.content.decode()
    assert Feed.all_sites.count() == 1


def test_last_error_is_shown_and_poll_now_only_queues(editor: Browser, north: Site, x: XServer, poll: Poll) -> None:
    ours = feed(north, "user", "nobody")
    poll()
    x.forget()
    page = editor.get(reverse("admin:twitter_feed_changelist")).content.decode()
    assert "failing" in page
    assert "X does not show @nobody" in page
    assert "X does not show @nobody" in editor.get("/admin/").content.decode()

    response = editor.post(reverse("admin:twitter_feed_poll_now", args=[ours.pk]), follow=True)

    assert "1 feed is queued for the next run." in response.content.decode()
    assert x.calls == []
    assert fresh(ours).requested_at is not None
    x.world.post(x.world.account("nobody"), "Here now")
    assert poll()["polled"] == 1  # before its rest was over
    assert fresh(ours).requested_at is None


def test_action_queues_many(editor: Browser, north: Site) -> None:
    ours = [feed(north, "search", f"word{number}") for number in range(3)]

    editor.post(
        reverse("admin:twitter_feed_changelist"),
        {"action": "poll_now", "_selected_action": [one.pk for one in ours[:2]]},
    )

    assert [fresh(one).requested_at is not None for one in ours] == [True, True, False]


def test_poll_now_needs_post(editor: Browser, north: Site) -> None:
    ours = feed(north, "user", "nasa")

    assert editor.get(reverse("admin:twitter_feed_poll_now", args=[ours.pk])).status_code == 403
    assert fresh(ours).requested_at is None


def test_questions_are_shown_without_asking(
    editor: Browser, north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    for name in ("nasa", "esa"):
        world.post(world.account(name), "News")
    ours = feed(north, "user", "nasa")
    feed(south, "user", "esa")
    address = reverse("admin:twitter_feed_questions", args=[ours.pk])
    assert "look up @nasa" in editor.get(address).content.decode()
    poll()
    x.forget()

    page = editor.get(address).content.decode()

    assert "search (from:nasa) -is:retweet -is:reply since post" in page
    assert "esa" not in page  # it shares the question, and is nobody's business here
    assert x.calls == []


def test_other_site_has_no_such_feed(editor: Browser, south: Site) -> None:
    theirs = feed(south, "user", "secret_interest")
    for name in ("change", "questions", "poll_now", "history", "delete"):
        response = editor.post if name == "poll_now" else editor.get
        answer = response(reverse(f"admin:twitter_feed_{name}", args=[theirs.pk]))
        assert answer.status_code == 404
        assert "secret_interest" not in answer.content.decode()
    editor.post(reverse("admin:twitter_feed_changelist"), {"action": "poll_now", "_selected_action": [theirs.pk]})
    assert "secret_interest" not in editor.get(reverse("admin:twitter_feed_changelist")).content.decode()
    assert fresh(theirs).requested_at is None


def test_token_is_written_and_never_shown(north: Site, at_north: Browser) -> None:
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
    answer = at_south.get(address)
    assert answer.status_code == 404
    assert fingerprint(TOKEN) not in answer.content.decode()
    assert at_south.post(address, {"token": "stolen"}).status_code == 404
    assert Credential.all_sites.get().token == TOKEN


def test_change_of_value_starts_the_feed_anew(
    editor: Browser, north: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.post(world.account("nasa"), "Of NASA")
    world.post(world.account("esa"), "Of ESA")
    ours = feed(north, "user", "nasa")
    poll()

    editor.post(reverse("admin:twitter_feed_change", args=[ours.pk]), {"kind": "user", "value": "esa", "active": "on"})

    assert (fresh(ours).succeeded_at, fresh(ours).since_id) == (None, None)
    assert not ours.tweets.model.all_sites.exists()
    poll()
    assert ours.tweets.model.all_sites.get().text == "Of ESA"
