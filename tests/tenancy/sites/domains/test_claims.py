"""Which hosts a site may have: the same wherever one is given, and in the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from app.tenancy.models import Alias
from tests.support.commands import call, listed_sites
from tests.support.makers import Browser
from tests.tenancy.sites.domains.doors import ALIAS_DOORS, DECLARING, DOORS, Door, command_alias, declare_alias

FULL_WIDTH = "south.test".translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture(autouse=True)
def sites(north: Site, south: Site) -> None:
    """North with an alias www, and south with some hosts in every form."""
    for host in ("shop.south.test", "*.south.test", "xn--bcher-kva.test"):
        Alias.objects.create(site=south, host=host)


@every_door
def test_it_works(door: Door) -> None:
    assert door("free.test") == ""
    assert Browser("free.test").get("/").status_code in {200, 301}


@every_door
@pytest.mark.parametrize(
    "host",
    [
        "south.test",
        "SOUTH.Test",
        "south.test.",
        "south。test",
        FULL_WIDTH,
        " shop.south.test",
        "bücher.test",
        "BÜCHER.TEST",
        "XN--Bcher-kva.test",
    ],
)
def test_a_host_belongs_to_one_site_in_any_spelling(door: Door, host: str) -> None:
    before = listed_sites()
    assert "is already" in door(host)
    assert listed_sites() == before


@pytest.mark.parametrize("door", ALIAS_DOORS, ids=lambda door: door.__name__)
def test_a_wildcard_belongs_to_one_site(door: Door) -> None:
    assert "is already" in door("*.SOUTH.test.")


@every_door
def test_a_port_is_refused(door: Door) -> None:
    assert "port" in door("south.test:8000")


@every_door
@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("10.0.0.1", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("127.1", "IP address"),
        ("0x7f.0.0.0x1", "IP address"),
        ("web", "single label"),
        ("svc", "inside a cluster"),
        ("web.shop.svc", "inside a cluster"),
        ("web.shop.svc.cluster.local", "inside a cluster"),
        ("10-0-0-1.shop.pod.cluster.local", "inside a cluster"),
        ("web.shop.svc.k8s.internal.test", "inside a cluster"),
        ("co.uk", "public suffix"),
        ("CO.UK.", "public suffix"),
        ("kawasaki.jp", "public suffix"),
        ("xn--55qx5d.cn", "public suffix"),
    ],
)
def test_some_names_are_no_sites(door: Door, host: str, reason: str, settings: Settings) -> None:
    settings.LISTED_HOSTS = ["web.shop.svc.k8s.internal.test"]
    before = listed_sites()
    assert reason in door(host)
    assert listed_sites() == before


@pytest.mark.parametrize("door", ALIAS_DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("host", ["*.co.uk", "*.shop.svc", "*.0.0.1", "*.gov.uk"])
def test_nor_all_names_below_some(door: Door, host: str) -> None:
    assert door(host)


RESERVED = [
    ("internal.test", "ALLOWED_HOSTS"),
    ("admin.platform.test", "ADMIN_HOSTS"),
    ("x.admin.platform.test", "below admin.platform.test"),
    ("github.io", "below which anybody can get a name"),
]


@every_door
@pytest.mark.parametrize(("host", "reason"), RESERVED)
def test_hosts_of_the_platform_are_for_operators(door: Door, host: str, reason: str, settings: Settings) -> None:
    """Who writes a file of declared sites is one."""
    settings.ADMIN_HOSTS = ["admin.platform.test"]
    settings.LISTED_HOSTS = ["internal.test", "south.test", *settings.ADMIN_HOSTS]
    settings.ADMIN_HOSTS = [*settings.ADMIN_HOSTS, "south.test"]  # the tests' own host
    refusal = door(host)
    if door in DECLARING:
        assert refusal == ""
    else:
        assert reason in refusal
        assert "--allow-reserved" in refusal


def test_a_wildcard_that_covers_a_host_of_the_platform(settings: Settings) -> None:
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = ["admin.platform.test"]
    assert "covers admin.platform.test" in command_alias("*.platform.test")
    call("sites", "alias", "north.test", "*.platform.test", "--allow-reserved")
    assert command_alias("x.admin.platform.test")


def test_the_operator_says_so(settings: Settings) -> None:
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = ["admin.platform.test"]
    for host in ("admin.platform.test", "github.io", "www.south.test"):
        assert command_alias(host)
        call("sites", "alias", "north.test", host, "--allow-reserved")
    for host in ("co.uk", "10.0.0.1", "south.test"):
        with pytest.raises(Exception, match=r"public suffix|IP address|already"):
            call("sites", "alias", "north.test", host, "--allow-reserved")


def test_names_below_a_host_of_the_site_itself_are_its_own(settings: Settings) -> None:
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = ["north.test"]
    assert command_alias("edit.north.test") == ""


def test_names_below_a_suffix_are_ordinary() -> None:
    for host in ("school.co.uk", "*.school.co.uk", "school.github.io", "south-two.test", "xsouth.test"):
        assert command_alias(host) == ""


@every_door
def test_the_www_twin_of_another_sites_host(door: Door) -> None:
    assert "belongs with south.test" in door("www.south.test")


@every_door
def test_the_other_way_round(door: Door, south: Site) -> None:
    Alias.objects.create(site=south, host="www.twin.test")
    assert "belongs with www.twin.test" in door("twin.test")


def test_one_file_may_share_twins_out(tmp_path: Path) -> None:
    file = tmp_path / "sites.yaml"
    file.write_text("sites: {one: {domain: twin.test}, two: {domain: www.twin.test}}")
    call("sync_sites", str(file))
    assert "belongs with twin.test" not in declare_alias("new-alias.test")


def test_what_is_stored_already_may_stay(north: Site, settings: Settings) -> None:
    """A row from before a rule is served, and saved unchanged; `sites check` names it."""
    Site.objects.filter(pk=north.pk).update(domain="co.uk")
    Alias.objects.filter(site=north).update(host="intranet")
    assert Browser("co.uk").get("/").status_code == 200
    assert Browser("intranet").get("/").headers["Location"] == "http://co.uk/"
    call("sites", "set", "co.uk", "--name", "Renamed")
    call("sites", "alias", "co.uk", "another.test")
    north.refresh_from_db()
    north.save()
    for alias in north.aliases.all():
        alias.save()
    assert listed_sites()["north-test"]["aliases"] == ["another.test", "intranet"]


def test_the_site_of_the_settings_may_be_called_anything(settings: Settings) -> None:
    settings.SITE_DOMAIN = "intranet"
    assert command_alias("intranet") == ""


class TestDatabase:
    """What no door sees: `.update()`, bulk writes, other programs."""

    @pytest.mark.parametrize("host", ["south.test", "South.Test", "south.test.", "shop.south.test", "SHOP.south.test."])
    def test_no_second_site_gets_a_host(self, north: Site, host: str) -> None:
        writes = [
            lambda: Site.objects.filter(pk=north.pk).update(domain=host),
            lambda: Alias.objects.filter(site=north).update(host=host),
            lambda: Site.objects.bulk_create([Site(domain=host, name="New")]),
            lambda: Alias.objects.bulk_create([Alias(site=north, host=host)]),
        ]
        for write in writes:
            with pytest.raises(IntegrityError), transaction.atomic():
                write()

    def test_a_site_may_change_the_spelling_of_its_own(self, south: Site) -> None:
        assert Site.objects.filter(pk=south.pk).update(domain="South.test") == 1
        assert Site.objects.filter(pk=south.pk).update(domain="south.test") == 1
        assert Alias.objects.filter(host="shop.south.test").update(host="Shop.South.Test") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_transactions_at_the_same_time(north: Site, south: Site) -> None:
    """One adds a host as a domain, the other as an alias; neither sees what the other one has not committed."""
    ready, results = threading.Barrier(2), []

    def add(write: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                ready.wait(20)
                write()
            results.append("")
        except IntegrityError as error:
            results.append(str(error))
        finally:
            connection.close()

    writes = [
        lambda: Site.objects.bulk_create([Site(domain="both.test", name="New")]),
        lambda: Alias.objects.bulk_create([Alias(site=north, host="BOTH.test")]),
    ]
    threads = [threading.Thread(target=add, args=[write]) for write in writes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bool(result) for result in results) == [False, True]
