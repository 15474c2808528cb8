"""A host that a site gave up is not free immediately: DNS may still lead its visitors here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError
from django.utils import timezone
from pytest_django import Settings

from app.tenancy.models import Alias, ReleasedHost
from app.tenancy.sites.domains import quarantine
from tests.support.commands import call, listed_sites
from tests.tenancy.sites.domains.doors import DOORS, Door, admin_add, command_add, command_alias, declare

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture(autouse=True)
def sites(db: None, north: Site, south: Site) -> None:
    """North as in every test, south with an alias that it will give up."""
    Alias.objects.create(site=south, host="old.south.test")


def held() -> list[str]:
    return [row["host"] for row in json.loads(call("sites", "domains", "--quarantined", "--json"))]


def give_up() -> None:
    call("sites", "alias", "south.test", "old.south.test", "--remove")


@every_door
def test_another_site_cannot_take_it(door: Door) -> None:
    give_up()
    assert "old.south.test is in quarantine until" in door("Old.South.Test.")


def test_its_own_site_takes_it_back() -> None:
    give_up()
    assert held() == ["old.south.test"]
    call("sites", "alias", "south.test", "old.south.test")
    assert held() == []


GIVING_UP: list[Callable[[Site], object]] = [
    lambda site: call("sites", "alias", "south.test", "old.south.test", "--remove"),
    lambda site: Alias.objects.get(host="old.south.test").delete(),
    lambda site: Alias.objects.filter(host="old.south.test").delete(),
    lambda site: Alias.objects.filter(host="old.south.test")._raw_delete("default"),
    lambda site: Alias.objects.filter(host="old.south.test").update(host="new.south.test"),
    lambda site: site.delete(),
    lambda site: Site.objects.filter(pk=site.pk).delete(),
]


@pytest.mark.parametrize("give_up", GIVING_UP)
def test_every_way_of_giving_an_alias_up(give_up: Callable[[Site], object], south: Site) -> None:
    give_up(south)
    assert "old.south.test" in held()
    assert "in quarantine" in command_alias("old.south.test")


@pytest.mark.parametrize(
    "give_up",
    [
        lambda site: call("sites", "rename", "south.test", "new.test", "--drop-old"),
        lambda site: Site.objects.filter(pk=site.pk).update(domain="new.test"),
        lambda site: site.delete(),
    ],
)
def test_every_way_of_giving_a_domain_up(give_up: Callable[[Site], object], south: Site) -> None:
    give_up(south)
    assert "south.test" in held()
    for door in (command_add, declare, admin_add) if Site.objects.filter(domain="south.test") else (command_add,):
        assert "in quarantine" in door("south.test")


def test_a_host_that_stays_with_its_site_is_not_given_up() -> None:
    call("sites", "rename", "south.test", "old.south.test")
    call("sites", "rename", "old.south.test", "south.test")
    assert held() == []


def test_two_sites_in_one_file_exchange_hosts(tmp_path: Path) -> None:
    file = tmp_path / "sites.yaml"
    file.write_text("sites: {one: {domain: one.test, aliases: [moves.test]}, two: {domain: two.test}}")
    call("sync_sites", str(file))
    file.write_text("sites: {one: {domain: two.test}, two: {domain: one.test, aliases: [moves.test]}}")
    call("sync_sites", str(file))
    assert listed_sites()["two"]["aliases"] == ["moves.test"]
    assert held() == []


def test_names_that_the_same_dns_record_may_lead_here(south: Site) -> None:
    Alias.objects.create(site=south, host="*.wild.test")
    Alias.objects.filter(host__in=["*.wild.test", "old.south.test"]).delete()
    south.domain = "elsewhere.test"
    south.save()
    for host in ("a.wild.test", "a.b.wild.test", "*.b.wild.test", "www.south.test", "*.south.test"):
        assert "in quarantine" in command_alias(host)
    for host in ("wild.test", "other.test", "notsouth.test", "new.old.south.test"):
        assert command_alias(host) == ""


def test_names_of_this_machine_are_free(south: Site) -> None:
    for host in ("localhost", "new.localhost"):
        Alias.objects.filter(host=host).delete()
        Site.objects.filter(domain=host).update(domain="moved.test")
        Alias.objects.create(site=south, host=host).delete()
        assert command_alias(host) == ""


def test_an_operator_takes_it_out(tmp_path: Path) -> None:
    give_up()
    call("sites", "alias", "north.test", "old.south.test", "--from-quarantine")
    assert held() == []
    call("sites", "alias", "north.test", "old.south.test", "--remove")
    file = tmp_path / "sites.yaml"
    file.write_text("sites: {one: {domain: old.south.test}}")
    call("sync_sites", str(file), "--from-quarantine")
    assert listed_sites()["one"]["domain"] == "old.south.test"


def test_it_ends() -> None:
    give_up()
    ReleasedHost.objects.update(released_at=timezone.now() - timedelta(days=29))
    assert held() == ["old.south.test"]
    ReleasedHost.objects.update(released_at=timezone.now() - timedelta(days=30, seconds=1))
    assert held() == []
    assert command_alias("old.south.test") == ""


@pytest.mark.parametrize("door", [command_add, admin_add])
def test_it_can_be_turned_off(door: Door, settings: Settings) -> None:
    give_up()
    settings.DOMAIN_QUARANTINE_DAYS = 0
    assert door("old.south.test") == ""


def test_it_is_listed_with_its_end(settings: Settings) -> None:
    give_up()
    until = str((timezone.now() + timedelta(days=30)).date())
    rows = json.loads(call("sites", "domains", "--json"))
    assert {"host": "old.south.test", "site": "south.test", "state": "in quarantine", "until": until} in rows
    assert {"host": "www.north.test", "site": "north.test", "state": "redirects", "until": ""} in rows
    assert until in call("sites", "domains", "--quarantined")


def test_the_list_of_a_site_has_what_that_site_gave_up(north: Site) -> None:
    give_up()
    call("sites", "alias", "north.test", "www.north.test", "--remove")
    assert {"old.south.test", "www.north.test"} <= set(held())
    for options, expected in (
        ((), {"north.test": "domain", "www.north.test": "in quarantine"}),
        (("--quarantined",), {"www.north.test": "in quarantine"}),
    ):
        rows = json.loads(call("sites", "domains", "north.test", *options, "--json"))
        assert {row["host"]: row["state"] for row in rows} == expected
        for unknown in ("nowhere.test", ""):
            with pytest.raises(CommandError, match="There is no site") as refused:
                call("sites", "domains", unknown, *options)
            assert refused.value.returncode == 2


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch, south: Site) -> None:
    monkeypatch.setattr(quarantine, "MOST_PER_SITE", 3)
    for number in range(5):
        Alias.objects.create(site=south, host=f"a{number}.test").delete()
    ended = ReleasedHost.objects.create(
        site_id=south.pk, host="ended.test", released_at=timezone.now() - timedelta(days=31)
    )
    call("clearsessions")
    assert sorted(held()) == ["a2.test", "a3.test", "a4.test"]
    assert not ReleasedHost.objects.filter(pk=ended.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_an_empty_installation_has_no_quarantine() -> None:
    give_up()
    call("flush", "--no-input")
    assert held() == []
