"""Every process follows the content versions of all sites: exactly, and by reading what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.tenancy.current import use_site
from app.tenancy.directory import Directory, SiteTables
from app.tenancy.models import Epoch, SiteProfile
from tests.support.makers import make_north, make_south
from tests.third_party.models import Label

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def every_look(settings: Settings) -> None:
    settings.SITES_REFRESH_SECONDS = 0


@pytest.fixture
def sites() -> tuple[Site, Site]:
    return make_north(), make_south()


def versions(directory: Directory, sites: tuple[Site, Site]) -> tuple[int, int]:
    directory.snapshot()
    return directory.content_version(sites[0].pk), directory.content_version(sites[1].pk)


@pytest.mark.parametrize(
    "write",
    [
        lambda: Label.objects.create(name="a"),
        lambda: SiteProfile.objects.filter(site__domain="north.test").update(content_version=7),
        lambda: connection.cursor().execute(
            "UPDATE tenancy_siteprofile SET content_version = 9 WHERE key = 'north-test'"
        ),
    ],
)
def test_a_change_is_seen_by_the_next_look(write: Callable[[], Any], sites: tuple[Site, Site]) -> None:
    directory = Directory()
    SiteProfile.objects.filter(site=sites[0]).update(key="north-test")
    before = versions(directory, sites)
    with use_site(sites[0]):
        write()
    after = versions(directory, sites)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_look_without_a_change_is_one_query_and_reads_no_site(sites: tuple[Site, Site]) -> None:
    directory = Directory()
    directory.snapshot()
    directory.snapshot()
    with CaptureQueriesContext(connection) as queries:
        directory.snapshot()
    assert len(queries) == 1
    # A transaction that runs meanwhile, in any database of the server, has them read again.
    if connection.vendor == "sqlite":
        assert SiteTables().look(directory._cursor).versions == {}


def test_a_look_uses_the_index() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite plans without statistics
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM tenancy_siteprofile WHERE content_written_in >= 10")
        plan = str(cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Index" in plan


def test_a_change_that_was_rolled_back_is_no_version(sites: tuple[Site, Site]) -> None:
    directory = Directory()
    before = versions(directory, sites)
    with transaction.atomic(), use_site(sites[0]):
        Label.objects.create(name="a")
        directory.snapshot()
        transaction.set_rollback(True)
    assert versions(directory, sites) == before


def test_a_new_site_and_one_that_was_deleted(sites: tuple[Site, Site]) -> None:
    directory = Directory()
    directory.snapshot()
    third = Site.objects.create(domain="third.test", name="Third")
    directory.snapshot()
    assert directory.content_version(third.pk) > 0
    third.delete()
    again = Site.objects.create(pk=third.pk, domain="again.test", name="Again")
    seen = directory.content_version(again.pk)
    directory.snapshot()
    assert directory.content_version(again.pk) != seen, "what was stored of the first is not the second's"


def test_a_transaction_that_commits_late_is_not_missed(sites: tuple[Site, Site]) -> None:
    """It began before others that were committed, and seen, first: its number is lower than theirs."""
    if connection.vendor != "postgresql":
        return  # SQLite has one writer at a time
    directory = Directory()
    before = versions(directory, sites)
    wrote, commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic(), use_site(sites[0]):
                Label.objects.create(name="slow")
                wrote.set()
                commit.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    wrote.wait(20)
    with use_site(sites[1]):
        Label.objects.create(name="fast")
    during = versions(directory, sites)
    assert (during[0], during[1] != before[1]) == (before[0], True), "writers of two sites do not wait for each other"
    commit.set()
    writer.join(20)
    assert versions(directory, sites)[0] != before[0]


def test_a_database_that_was_restored_is_read_from_the_beginning(sites: tuple[Site, Site]) -> None:
    directory = Directory()
    directory.snapshot()
    directory._cursor = 2**60  # the one that it followed before was far ahead
    SiteProfile.objects.filter(site=sites[0]).update(content_version=42)
    versions(directory, sites)
    assert directory.content_version(sites[0].pk) % 2**20 == 42


def test_the_epoch_and_the_versions_of_a_look_belong_together(sites: tuple[Site, Site]) -> None:
    look = SiteTables().look(None)
    assert look.epoch == Epoch.objects.get(pk=1).value
    assert set(look.versions) == {sites[0].pk, sites[1].pk} | set(Site.objects.values_list("pk", flat=True))
