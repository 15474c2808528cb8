"""Tokens that no header can carry: refused in the form and in the environment, and harmless in an older row."""

from __future__ import annotations

import runpy
from unittest import mock

import pytest
from django.contrib.sites.models import Site

from app.env import InvalidEnvironment
from app.observability.redact import redactor
from app.tenancy.current import use_site
from app.twitter.models import Credential
from tests.support.makers import Browser, person
from tests.support.programs import ROOT
from tests.support.twitter import Poll, make_feed, reload, texts
from tests.x_api import World, XServer

UNSENDABLE = {
    "a zero-width space": "northern\u200btoken",
    "a curly quote": "\u201cnortherntoken\u201d",
    "a Cyrillic letter": "n\u043ertherntoken",
    "a line end": "northern\ntoken",
    "a space": "northern token",
    "a control character": "northern\x7ftoken",
}
every_unsendable = pytest.mark.parametrize("token", UNSENDABLE.values(), ids=UNSENDABLE.keys())


@every_unsendable
def test_form_refuses_it(token: str, north: Site, at_north: Browser) -> None:
    at_north.force_login(person("nils", north, "Site admin"))

    page = at_north.post("/admin/twitter/credential/add/", {"token": token}).content.decode()

    assert "A bearer token has only ASCII letters, digits and signs, and no spaces" in page
    assert token not in page
    assert not Credential.all_sites.exists()


def test_form_takes_a_token_that_was_copied_with_its_surroundings(north: Site, at_north: Browser) -> None:
    at_north.force_login(person("nils", north, "Site admin"))

    at_north.post("/admin/twitter/credential/add/", {"token": "\ufeff AAAA%2Fnorthern%3D\r\n"})

    assert Credential.all_sites.get().token == "AAAA%2Fnorthern%3D"


@every_unsendable
def test_stored_one_fails_only_its_site(
    token: str, north: Site, south: Site, world: World, x: XServer, poll: Poll
) -> None:
    world.post(world.account("nasa"), "Lift-off")
    with use_site(north):
        Credential.objects.create(token=token)  # past the form
    ours, theirs = make_feed(north, "user", "nasa"), make_feed(south, "user", "nasa")

    report = poll()

    assert (report["exit_code"], report["polled"], report["failed"]) == (1, 1, 1)
    assert reload(ours).last_error.startswith("The bearer token for X cannot be sent, enter it again: ")
    assert [failed["site"] for failed in report["failed_feeds"]] == ["north.test"]
    assert texts(theirs) == ["Lift-off"]
    assert {request.token for request in x.requests} == {"stand-in"}


def test_own_token_is_cut_from_logs(north: Site, world: World, x: XServer, poll: Poll) -> None:
    with use_site(north):
        Credential.objects.create(token="AAAAnorthern-of-its-own")
    make_feed(north, "user", "nasa")

    poll()

    assert redactor.clean("It sent AAAAnorthern-of-its-own to X.") == "It sent [redacted] to X."


@pytest.mark.parametrize("text", ["\ufeffstand-in", "stand-in\n", "\ufeffstand-in\r\n", " stand-in "])
def test_environment_is_trimmed(text: str) -> None:
    with mock.patch.dict("os.environ", {"TWITTER_BEARER_TOKEN": text}):
        assert runpy.run_path(str(ROOT / "app" / "settings.py"))["TWITTER_BEARER_TOKEN"] == "stand-in"


@every_unsendable
def test_environment_refuses_it_by_name(token: str) -> None:
    with mock.patch.dict("os.environ", {"TWITTER_BEARER_TOKEN": token}), pytest.raises(InvalidEnvironment) as refused:
        runpy.run_path(str(ROOT / "app" / "settings.py"))

    assert list(refused.value.problems) == ["TWITTER_BEARER_TOKEN"]
    assert token not in str(refused.value)
