"""The current site: there, right, and gone, whatever runs."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from app.tenancy.current import (
    NoCurrentSite,
    SiteOfAnotherBlock,
    current_site,
    current_site_or_none,
    site_of_process,
    use_site,
)
from app.tenancy.directory import NoSuchSite
from app.tenancy.hosts.resolver import HostRefused
from app.tenancy.requests import responses
from tests.support.makers import Browser
from tests.third_party.models import Label


def stream(_: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        try:
            for label in Label.objects.order_by("name"):
                yield f"{current_site().domain}:{label};"
        finally:
            closed.append(current_site().domain)

    return StreamingHttpResponse(chunks())


def fail(_: HttpRequest) -> HttpResponse:
    raise RuntimeError(current_site().domain)


def thread(_: HttpRequest) -> HttpResponse:
    seen: list[str] = []

    def ask() -> None:
        try:
            seen.append(current_site().domain)
        except NoCurrentSite:
            seen.append("none")

    bare = threading.Thread(target=ask)
    copied = threading.Thread(target=contextvars.copy_context().run, args=(ask,))
    for one in (bare, copied):
        one.start()
        one.join()
    return HttpResponse(" ".join(seen))


closed: list[str] = []
urlpatterns = [path("stream/", stream), path("fail/", fail), path("thread/", thread)]


@pytest.fixture(autouse=True)
def labels(north: Site, south: Site, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    closed.clear()
    for site in (north, south):
        with use_site(site):
            Label.objects.create(name="a")
            Label.objects.create(name="b")


def test_it_works(north: Site, south: Site) -> None:
    with use_site(north) as chosen:
        assert (chosen.id, chosen.domain, chosen.source) == (north.pk, "north.test", "override")
        with use_site(south.pk):
            assert current_site().id == south.pk
        assert current_site().id == north.pk
    with pytest.raises(NoCurrentSite):
        current_site()


def test_it_is_restored_after_an_exception(north: Site) -> None:
    with pytest.raises(ZeroDivisionError), use_site(north):
        1 / 0  # noqa: B018
    assert current_site_or_none() is None


def test_outside_a_request_the_variable_names_the_site(settings: Settings, north: Site, south: Site) -> None:
    settings.MEZZANINE_SITE_ID = north.pk
    assert (current_site().domain, current_site().source) == ("north.test", "environment")
    assert Site.objects.get_current() == north
    assert Label.objects.count() == 2
    with use_site(south):
        assert current_site().domain == "south.test"
    settings.MEZZANINE_SITE_ID = 999999
    with pytest.raises(NoSuchSite):
        Label.objects.count()
    settings.MEZZANINE_SITE_ID = None  # what the settings say after the test


def test_in_a_request_the_variable_is_only_a_step(
    settings: Settings, north: Site, at_south: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEZZANINE_SITE_ID = north.pk
    seen: list[object] = []
    refused = responses.refused

    def see(refusal: HostRefused) -> HttpResponse:
        seen.append(current_site_or_none())
        return refused(refusal)

    monkeypatch.setattr(responses, "refused", see)
    assert Client(HTTP_HOST="unknown.test").get("/").status_code == 404
    assert seen == [None]
    monkeypatch.setattr(site_of_process, "is_server", True)  # as app/wsgi.py sets it
    assert at_south.get("/thread/").content == b"none south.test"
    assert current_site_or_none() is None
    settings.MEZZANINE_SITE_ID = None


def test_a_site_that_is_not_there() -> None:
    with pytest.raises(NoSuchSite), use_site(999999):
        pass


def test_streams_of_two_sites_read_in_turn_see_their_own(at_north: Browser, at_south: Browser) -> None:
    responses: tuple[Any, Any] = at_north.get("/stream/"), at_south.get("/stream/")
    north, south = (iter(response.streaming_content) for response in responses)
    seen = [next(north), next(south), next(north), next(south)]
    assert seen == [b"north.test:a;", b"south.test:a;", b"north.test:b;", b"south.test:b;"]
    assert current_site_or_none() is None
    assert next(north, None) is None
    assert closed == ["north.test"]
    responses[1].close()
    assert closed == ["north.test", "south.test"]


def test_a_stream_that_is_broken_off_is_closed_on_its_site(at_north: Browser) -> None:
    response: Any = at_north.get("/stream/")
    next(iter(response.streaming_content))
    response.close()
    assert closed == ["north.test"]
    assert current_site_or_none() is None


def test_an_exception_in_a_view_leaves_no_site(at_north: Browser) -> None:
    with pytest.raises(RuntimeError, match=r"north\.test"):
        at_north.get("/fail/")
    assert current_site_or_none() is None
    at_north.raise_request_exception = False
    assert at_north.get("/fail/").status_code == 500
    assert current_site_or_none() is None


def test_a_thread_has_no_site_unless_it_was_given_the_context(at_north: Browser) -> None:
    assert at_north.get("/thread/").content == b"none north.test"


def test_requests_of_many_threads_stay_apart(north: Site, south: Site) -> None:
    wrong: list[str] = []

    def ask(host: str) -> None:
        for _ in range(20):
            if Client(HTTP_HOST=host).get("/thread/").content.split()[1].decode() != host:
                wrong.append(host)

    threads = [threading.Thread(target=ask, args=(host,)) for host in ("north.test", "south.test") * 2]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong


def sites_of_blocks(*sites: Site) -> Generator[str, None, None]:
    for site in sites:
        with use_site(site) as chosen:
            yield chosen.domain


def test_the_consumer_of_a_generator_never_works_on_the_generators_site(north: Site, south: Site) -> None:
    with use_site(south):
        domains = sites_of_blocks(north)
        assert next(domains) == "north.test"
        with pytest.raises(SiteOfAnotherBlock):
            current_site()
        with pytest.raises(SiteOfAnotherBlock):
            Label.objects.count()
        with use_site(south):
            assert current_site().id == south.pk
        assert list(domains) == []
        assert current_site().id == south.pk
    assert current_site_or_none() is None


def test_blocks_that_end_in_another_order_leave_no_site(north: Site, south: Site) -> None:
    first, second = sites_of_blocks(north), sites_of_blocks(south)
    next(first), next(second)
    first.close()
    second.close()
    assert current_site_or_none() is None


def test_a_generator_that_leaves_the_block_before_its_yield_changes_nothing_for_its_consumer(
    north: Site, south: Site
) -> None:
    def counts() -> Iterator[int]:
        for site in (north, south):
            with use_site(site):
                count = Label.objects.count()
            yield count

    with use_site(south):
        assert [(count, current_site().id) for count in counts()] == [(2, south.pk)] * 2


def test_a_block_inside_a_context_manager_holds_for_its_body(north: Site) -> None:
    @contextmanager
    def on_north() -> Iterator[None]:
        with use_site(north):
            yield

    with on_north():
        assert current_site().id == north.pk
    assert current_site_or_none() is None
