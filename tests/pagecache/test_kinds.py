"""Which pages of a kind are stored, and under which part of their query."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.sites.models import Site

from tests.support.makers import page
from tests.support.wsgi import Server
from tests.third_party.models import EventPage, EventsPage, GreetingPage


@pytest.fixture
def events(sites: tuple[Site, Site]) -> EventsPage:
    """The pages `/events/` and `/events/?page=2` of north."""
    made: EventsPage = page(sites[0], EventsPage, slug="events")
    for number in range(3):
        page(
            sites[0],
            EventPage,
            slug=f"e{number}",
            title=f"Event {number}",
            parent=made,
            starts_on=date(2026, 12, number + 1),
        )
    return made


def test_a_page_is_stored_for_each_value_of_the_keys_that_its_kind_names(server: Server, events: EventsPage) -> None:
    for target, title in (("/events/", b"Event 0,"), ("/events/?page=2", b"Event 2,")):
        first, second = server.get("north.test", target), server.get("north.test", target)
        assert (first.found, second.found) == ("fwd=miss; stored", "hit")
        assert title in first.body
        assert first.body == second.body
    assert server.get("north.test", "/events/?utm_source=mail&page=2").found == "hit"


def test_no_key_of_another_kind_fills_the_cache(server: Server, events: EventsPage) -> None:
    for target in ("/about/", "/events/e0/"):
        assert server.get("north.test", target).found == "fwd=miss; stored"
        for number in range(2):
            answer = server.get("north.test", f"{target}?page={number}")
            assert (answer.status, answer.found) == (200, "")
        assert server.get("north.test", target).found == "hit"
        assert server.get("north.test", f"{target}?other=1").found == "hit"


def test_a_kind_that_depends_on_the_visitor_is_never_stored(server: Server, sites: tuple[Site, Site]) -> None:
    page(sites[0], GreetingPage, slug="greeting")
    for name in ("Nora", "Sam"):
        answer = server.get("north.test", "/greeting/", HTTP_COOKIE=f"name={name}")
        assert f"Welcome, {name}." in answer.body.decode()
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.found == ""
