"""The snapshot: when it is loaded, when it is left alone, and what happens without a database."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.tenancy import directory as module
from app.tenancy.directory import Directory, DirectoryUnavailable
from app.tenancy.models import Alias, Epoch, SiteProfile


def epoch() -> int:
    return Epoch.objects.get(pk=1).value


@pytest.mark.django_db(transaction=True)
class TestLooking:
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
    def test_the_follower_outlives_whatever_a_look_dies_of(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        directory, answers, again = Directory(), iter([ValueError("odd")]), threading.Event()

        def read() -> int:
            for fault in answers:
                directory.expire()  # it looks again at once
                raise fault
            again.set()
            raise SystemExit  # ends the thread

        monkeypatch.setattr(module, "_read_epoch", read)
        directory.follow()
        assert again.wait(20)
        assert directory._follower is not None
        directory._follower.join()

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how it is ended
    def test_a_worker_starts_with_what_is_there_now_and_not_with_its_masters_snapshot(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        directory = Directory()
        directory.snapshot()
        rows: Any = ([(9, "one.test", "One", None, None, None)], [])
        epochs, asked = iter([10**6]), threading.Event()

        def read() -> int:
            for number in epochs:
                asked.wait(0.2)  # long enough for whoever does not wait for this look to ask first
                return number
            asked.wait(20)
            raise SystemExit  # ends the thread

        monkeypatch.setattr(module, "_read_epoch", read)
        monkeypatch.setattr(module, "_read_rows", lambda: rows)
        directory.follow()
        found = directory.snapshot().find("one.test")
        asked.set()
        assert directory._follower is not None
        directory._follower.join()
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

    def test_without_a_database_the_snapshot_stays_and_looks_grow_rare(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SITES_REFRESH_SECONDS = 0
        Site.objects.create(domain="one.test", name="One")
        directory = Directory()
        directory.snapshot()
        looks = []

        def away() -> int:
            looks.append(1)
            raise OperationalError("connection refused: host=db user=colonnade")

        monkeypatch.setattr(module, "_read_epoch", away)
        for _ in range(50):
            assert directory.snapshot().find("one.test")
        assert len(looks) == 1

    def test_without_a_database_from_the_start_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> int:
            raise OperationalError("connection refused")

        monkeypatch.setattr(module, "_read_epoch", away)
        with pytest.raises(DirectoryUnavailable):
            Directory().snapshot()


@pytest.mark.django_db
class TestEpoch:
    def test_everything_that_a_snapshot_holds_raises_it(self, north: Site) -> None:
        for change in (
            lambda: Site.objects.filter(pk=north.pk).update(domain="x.test"),
            lambda: Site.objects.filter(pk=north.pk).update(name="X"),
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

    def test_it_survives_a_second_migrate(self, north: Site) -> None:
        call_command("migrate", verbosity=0)
        before = epoch()
        Site.objects.filter(pk=north.pk).update(name="X")
        assert epoch() > before
