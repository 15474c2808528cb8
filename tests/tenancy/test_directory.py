"""The snapshot: when it is loaded, when it is left alone, and what happens without a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.release.owner import connected_as_owner
from app.tenancy import directory as module
from app.tenancy.directory import AliasRow, Directory, Look, NoSuchSite, SiteRow, SiteTables, find_site
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.models import Alias, Epoch, SiteProfile
from app.tenancy.sites.models import PendingHost


def epoch() -> int:
    return Epoch.objects.get(pk=1).value


class Tables(SiteTables):
    """Rows without a database. The watcher's thread ends once it has read them all."""

    def __init__(self, *, faults: Iterable[Exception] = (), sites: Iterable[SiteRow] = ()) -> None:
        self.faults, self.sites, self.reads = list(faults), list(sites), 0
        self.on_look: Callable[[], None] = lambda: None
        self.resume = threading.Event()

    def look(self, _: int | None) -> Look:
        self.reads += 1
        self.on_look()
        if self.faults:
            raise self.faults.pop()
        if self.sites and self.reads == 1:
            return Look(10**6, 0, {})
        if self.sites:
            self.resume.wait(20)
        raise SystemExit  # ends the thread

    def rows(self) -> tuple[list[SiteRow], list[AliasRow], set[str]]:
        return self.sites, [], set()


class NoDatabaseAfterwards(SiteTables):
    """The database responds to the first refresh only."""

    reads = failures = 0

    def look(self, since: int | None) -> Look:
        self.reads += 1
        if self.reads == 1:
            return super().look(since)
        self.failures += 1
        raise OperationalError("connection refused: host=db user=colonnade")


@pytest.mark.django_db(transaction=True)
class TestRefreshing:
    def test_it_works(self) -> None:
        Site.objects.create(domain="one.test", name="One")
        directory = Directory()
        assert directory.snapshot().canonical["one.test"].name == "One"
        with CaptureQueriesContext(connection) as queries:
            assert directory.snapshot().find("one.test")
            assert directory.snapshot().find("two.test") is None
        assert len(queries) == 0

    def test_after_the_interval_it_looks_once_and_loads_only_what_moved(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        directory = Directory()
        first = directory.snapshot()
        with CaptureQueriesContext(connection) as queries:
            assert directory.snapshot() is first
        assert len(queries) == 1
        Site.objects.create(domain="one.test", name="One")
        assert directory.snapshot().find("one.test")

    def test_a_change_that_sends_no_signal_is_noticed(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        site = Site.objects.create(domain="one.test", name="One")
        directory = Directory()
        directory.snapshot()
        Site.objects.filter(pk=site.pk).update(domain="two.test")
        assert directory.snapshot().find("two.test")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_site SET name = 'Renamed' WHERE id = %s", [site.pk])
        assert directory.snapshot().sites[site.pk].name == "Renamed"

    def test_a_site_that_is_made_while_the_rows_are_read_comes_with_the_next_look(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        directory = Directory()

        def make_one(execute: Any, sql: str, *rest: Any) -> Any:
            if "FROM tenancy_alias" in sql and not Site.objects.filter(domain="one.test").exists():
                site = Site.objects.create(domain="one.test", name="One")
                Alias.objects.create(site=site, host="www.one.test")
            return execute(sql, *rest)

        with connection.execute_wrapper(make_one):
            assert directory.snapshot().find("www.one.test") is None
        assert directory.snapshot().find("www.one.test")

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how it is ended
    def test_the_watcher_survives_any_fault_of_a_refresh(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        tables = Tables(faults=[ValueError("odd")])
        directory = Directory(tables)
        tables.on_look = directory.expire
        watcher = directory.watch()
        watcher.join(20)
        assert tables.reads == 2

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how it is ended
    def test_a_worker_starts_with_the_present_sites_and_not_with_its_masters_snapshot(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        tables = Tables(sites=[(9, "one.test", "One", None, None, None, None)])
        directory = Directory(tables)
        watcher = directory.watch()
        found = directory.snapshot().find("one.test")
        tables.resume.set()
        watcher.join(20)
        assert found

    def test_a_change_that_was_rolled_back_does_not_stay(self, settings: Settings) -> None:
        directory = module.directory
        with transaction.atomic():
            Site.objects.create(domain="one.test", name="One")
            assert directory.snapshot().find("one.test"), "the transaction sees its own change"
            transaction.set_rollback(True)
        settings.SITES_REFRESH_SECONDS = 0
        directory.expire()
        assert directory.snapshot().find("one.test") is None

    def test_without_a_database_the_snapshot_stays_and_refreshes_get_rarer(self, settings: Settings) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        Site.objects.create(domain="one.test", name="One")
        tables = NoDatabaseAfterwards()
        directory = Directory(tables)
        directory.snapshot()
        for _ in range(50):
            assert directory.snapshot().find("one.test")
        assert tables.failures == 1

    def test_without_a_database_from_the_start_it_says_so(self) -> None:
        tables = NoDatabaseAfterwards()
        tables.reads = 1
        with pytest.raises(DirectoryUnavailable):
            Directory(tables).snapshot()


@pytest.mark.django_db
class TestEpoch:
    def test_everything_that_a_snapshot_holds_and_the_key_raise_it(self, north: Site) -> None:
        for change in (
            lambda: Site.objects.filter(pk=north.pk).update(domain="x.test"),
            lambda: Site.objects.filter(pk=north.pk).update(name="X"),
            lambda: SiteProfile.objects.filter(site=north).update(key="the-north"),
            lambda: SiteProfile.objects.filter(site=north).update(state="suspended"),
            lambda: SiteProfile.objects.filter(site=north).update(theme="portico"),
            lambda: SiteProfile.objects.filter(site=north).update(colour="#123456"),
            lambda: Alias.objects.bulk_create([Alias(site=north, host="y.test")]),
            lambda: Alias.objects.filter(host="y.test").update(redirect=False),
            lambda: Alias.objects.filter(host="y.test").delete(),
            lambda: Site.objects.bulk_create([Site(domain="z.test", name="Z")]),
            lambda: Site.objects.filter(domain="z.test").delete(),
        ):
            before = epoch()
            change()
            assert epoch() > before

    def test_content_does_not(self, north: Site) -> None:
        before = epoch()
        SiteProfile.objects.filter(site=north).update(content_version=9)
        assert epoch() == before

    @pytest.mark.django_db(transaction=True)
    def test_it_survives_a_second_migrate(self, north: Site) -> None:
        call_command("migrate", verbosity=0)
        before = epoch()
        Site.objects.filter(pk=north.pk).update(name="X")
        assert epoch() > before


@pytest.mark.django_db
def test_a_site_is_found_by_id_domain_alias_and_key(north: Site) -> None:
    SiteProfile.objects.filter(site=north).update(key="the-north")
    for wanted in (north.pk, str(north.pk), "north.test", "NORTH.test.", "www.north.test", "the-north"):
        assert find_site(wanted).id == north.pk
    for wanted in (99_999, "9" * 5000, "²", "nowhere.test", "no-such-key", "a..b", ""):
        with pytest.raises(NoSuchSite):
            find_site(wanted)


@pytest.mark.django_db
def test_a_host_that_only_a_wildcard_matches_names_no_site(north: Site) -> None:
    Alias.objects.create(site=north, host="*.north.test")
    Alias.objects.create(site=north, host="*.pending.test")
    PendingHost.objects.create(site_id=north.pk, host="*.pending.test")
    for wanted in ("*.north.test", "*.NORTH.test.", "*.pending.test"):
        assert find_site(wanted).id == north.pk
    for wanted in ("typo.north.test", "a.b.north.test", "*.b.north.test", "a.pending.test", "*.test", "*."):
        with pytest.raises(NoSuchSite):
            find_site(wanted)


@pytest.mark.django_db(transaction=True)
def test_truncate_raises_the_epoch() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has no TRUNCATE
    before = epoch()
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE tenancy_alias")
    assert epoch() > before
