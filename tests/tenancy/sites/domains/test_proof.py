"""`DOMAIN_PROOF`: a domain is served when its DNS shows that the person who added it controls it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError
from pytest_django import Settings

from app.accounts.models import User
from app.postgresql.row_security.scope import every_site
from app.tenancy.models import Alias, AuditEntry, PendingHost, ReleasedHost
from app.tenancy.sites.domains import dns
from app.tenancy.sites.domains.proof import record_for
from app.testing.forms import submitted
from tests.support.commands import call, listed_sites
from tests.support.dns import Zone, name_server
from tests.support.makers import Browser
from tests.tenancy.sites.domains.doors import DECLARING, DOORS, Door, command_add, command_alias, command_rename

NAME = "_colonnade-challenge.new.test"
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture
def zone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    monkeypatch.setattr(dns, "ONE_SERVER_SECONDS", 0.2)
    monkeypatch.setattr(dns, "ALL_SERVERS_SECONDS", 0.5)
    zone = Zone()
    with name_server(zone) as port:
        settings.DNS_SERVERS = [("127.0.0.1", port)]
        yield zone


@pytest.fixture(autouse=True)
def sites(db: None, north: Site, south: Site, settings: Settings) -> None:
    settings.DOMAIN_PROOF = True


def record(host: str) -> dict[str, str]:
    """What `sites show` says: the name and the value of the TXT record."""
    pending = json.loads(call("sites", "show", host, "--json"))["pending"]
    found: dict[str, str] = pending[host]
    return found


def verify(host: str, *options: str) -> str:
    """What the command prints; empty if the host was verified."""
    try:
        call("sites", "verify", host, *options)
    except CommandError as failed:
        return str(failed) if failed.returncode == 1 else f"exit status {failed.returncode}"
    return ""


def status(host: str) -> int:
    return Browser(host).get("/").status_code


@every_door
def test_it_is_not_served_before(door: Door) -> None:
    refusal = door("claimed.test")
    if "rename" in door.__name__:
        assert "is not verified" in refusal
        return
    assert refusal == ""
    declared = door in DECLARING  # the operator's own file
    assert status("claimed.test") in ({200, 301} if declared else {404})


def test_it_works(zone: Zone) -> None:
    call("sites", "alias", "north.test", "new.test", "--no-redirect")
    shown = call("sites", "show", "north.test")
    assert "new.test (pending)" in shown
    assert status("new.test") == 404
    value = record("new.test")["value"]
    assert record("new.test")["name"] == NAME
    assert f'Set the TXT record {NAME} to "{value}", then run: manage.py sites verify new.test' in shown
    zone.add(NAME, "TXT", f'"{value}"')
    assert "new.test is verified" in call("sites", "verify", "NEW.test.")
    assert status("new.test") == 200
    assert listed_sites()["north-test"]["pending"] == {}
    assert "needs no proof" in call("sites", "verify", "new.test")
    entry = AuditEntry.all_sites.order_by("pk").last()
    assert entry is not None
    assert entry.details["changes"] == ["new.test verified by its TXT record"]


@pytest.mark.parametrize(
    ("kind", "values"), [("TXT", ['"{0}"', '"v=spf1 -all"']), ("TXT", ['"other"', '" {0} "']), ("TXT", ['"{1}" "{2}"'])]
)
def test_other_records_and_several_strings(zone: Zone, kind: str, values: list[str]) -> None:
    command_alias("new.test")
    value = record("new.test")["value"]
    zone.add(NAME, kind, *(text.format(value, value[:7], value[7:]) for text in values))
    assert verify("new.test") == ""


def test_the_record_may_be_elsewhere(zone: Zone) -> None:
    command_alias("new.test")
    zone.add(NAME, "CNAME", "proofs.elsewhere.test")
    zone.add("proofs.elsewhere.test", "TXT", f'"{record("new.test")["value"]}"')
    assert verify("new.test") == ""


@pytest.mark.usefixtures("zone")
class TestNoProof:
    @pytest.fixture(autouse=True)
    def pending(self) -> None:
        command_alias("new.test")

    def assert_refused(self, message: str) -> None:
        assert message in verify("new.test")
        assert status("new.test") == 404

    def test_no_such_name(self) -> None:
        self.assert_refused(f"There is no TXT record {NAME}. Set the TXT record {NAME} to ")

    def test_no_such_record(self, zone: Zone) -> None:
        zone.add(NAME, "A", "127.0.0.1")
        self.assert_refused(f"There is no TXT record {NAME}.")

    def test_the_token_of_another_site(self, zone: Zone, south: Site) -> None:
        zone.add(NAME, "TXT", f'"{record_for(south.pk, "new.test").value}"')
        self.assert_refused("holds another value")

    def test_the_token_of_another_domain(self, zone: Zone) -> None:
        command_alias("other.test")
        zone.add(NAME, "TXT", f'"{record("other.test")["value"]}"')
        self.assert_refused("holds another value")

    def test_an_empty_record(self, zone: Zone) -> None:
        zone.add(NAME, "TXT", '""')
        self.assert_refused("holds another value")

    @pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED"])
    def test_a_fault(self, zone: Zone, code: str) -> None:
        zone.faults[NAME] = code
        self.assert_refused(f"report a fault ({code})")

    def test_silence(self, zone: Zone) -> None:
        zone.faults[NAME] = "silence"
        self.assert_refused("did not respond within 0.5 s")

    def test_no_server(self, settings: Settings) -> None:
        settings.DNS_SERVERS = [("127.0.0.1", 9)]
        assert verify("new.test")

    def test_a_name_that_is_too_long(self) -> None:
        host = ".".join(["a" * 60] * 4)
        command_alias(host)
        assert "cannot look" in verify(host)


def test_a_key_that_was_replaced_counts_while_it_is_listed(zone: Zone, settings: Settings) -> None:
    command_alias("new.test")
    zone.add(NAME, "TXT", f'"{record("new.test")["value"]}"')
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another one"
    assert verify("new.test")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert verify("new.test") == ""


def test_a_wildcard_is_proved_at_its_parent_with_all_below(zone: Zone) -> None:
    for host in ("*.new.test", "deep.a.new.test", "other.test"):
        assert command_alias(host) == ""
    assert status("x.new.test") == 404
    pending = json.loads(call("sites", "show", "north.test", "--json"))["pending"]
    assert pending["*.new.test"]["name"] == NAME
    zone.add(NAME, "TXT", f'"{pending["*.new.test"]["value"]}"')
    assert verify("*.new.test") == ""
    assert (status("x.new.test"), status("deep.a.new.test"), status("other.test")) == (301, 301, 404)


def test_a_name_below_a_served_one_needs_no_proof() -> None:
    assert command_alias("*.north.test") == ""
    assert command_alias("shop.north.test") == ""
    assert status("shop.north.test") == 301


def test_a_name_below_a_pending_one_does() -> None:
    command_alias("new.test")
    command_alias("shop.new.test")
    assert status("shop.new.test") == 404


def test_a_new_site_has_pending_hosts(zone: Zone) -> None:
    call("sites", "add", "new.test", "--name", "New", "--alias", "www.new.test")
    assert (status("new.test"), status("www.new.test")) == (404, 404)
    zone.add(NAME, "TXT", f'"{record("new.test")["value"]}"')
    assert verify("new.test") == ""
    assert (status("new.test"), status("www.new.test")) == (200, 301)


def test_a_domain_that_is_served_is_not_replaced_by_one_that_is_not(zone: Zone) -> None:
    assert "is not verified" in command_rename("new.test")
    command_alias("new.test")
    assert "is not verified" in command_rename("new.test")
    assert status("north.test") == 200
    zone.add(NAME, "TXT", f'"{record("new.test")["value"]}"')
    assert verify("new.test") == ""
    assert command_rename("new.test") == ""
    assert (status("new.test"), status("north.test")) == (200, 301)


def test_a_domain_that_waits_may_be_replaced() -> None:
    command_add("new.test")
    call("sites", "rename", "new.test", "newer.test")
    assert set(record("newer.test")) == {"name", "value"}
    assert (status("newer.test"), status("new.test")) == (404, 404)


def test_other_changes_of_the_site_do_not_serve_it() -> None:
    command_alias("new.test")
    call("sites", "set", "north.test", "--name", "Renamed")
    call("sites", "alias", "north.test", "new.test", "--no-redirect")
    alias = Alias.objects.get(host="new.test")
    alias.redirect = True
    alias.save()
    assert status("new.test") == 404


def test_an_operator_serves_it_without_proof() -> None:
    call("sites", "alias", "north.test", "new.test", "--without-proof")
    assert status("new.test") == 301
    command_alias("newer.test")
    assert verify("newer.test", "--without-proof") == ""
    assert status("newer.test") == 301


def test_a_host_that_was_never_served_is_not_put_into_quarantine(south: Site) -> None:
    """Or a domain could be kept from its owner by adding and removing it."""
    command_alias("new.test")
    call("sites", "alias", "north.test", "new.test", "--remove")
    call("sites", "add", "newer.test", "--name", "Newer")
    with every_site():
        Site.objects.get(domain="newer.test").delete()
    assert not ReleasedHost.objects.exists()
    assert not PendingHost.objects.exists()


def test_the_demo_needs_none() -> None:
    call("demo")
    assert status("north.localhost") == 200


def test_turned_off_it_leaves_what_waits(settings: Settings) -> None:
    command_alias("new.test")
    settings.DOMAIN_PROOF = False
    command_alias("newer.test")
    assert (status("new.test"), status("newer.test")) == (404, 301)


def test_in_the_admin(zone: Zone, root: User, north: Site, at_south: Browser) -> None:
    assert at_south.login(username="root", password="root")
    address = f"/admin/sites/site/{north.pk}/change/"

    def page() -> str:
        return at_south.get(address).content.decode()

    at_south.post(address, submitted(page(), "site_form", **{"aliases-1-host": "new.test"}))
    value = record("new.test")["value"]
    assert f"<code>{NAME}</code>" in page()
    assert f"<code>{value}</code>" in page()
    press = submitted(page(), "verify_form", _verify="new.test")
    assert "There is no TXT record" in at_south.post(address, press, follow=True).content.decode()
    zone.add(NAME, "TXT", f'"{value}"')
    assert "Served from now on: new.test." in at_south.post(address, press, follow=True).content.decode()
    assert status("new.test") == 301
    assert NAME not in page()


def test_the_button_is_for_hosts_of_this_site(zone: Zone, root: User, south: Site, at_south: Browser) -> None:
    command_alias("new.test")
    at_south.login(username="root", password="root")
    at_south.post(f"/admin/sites/site/{south.pk}/change/", {"_verify": "new.test"})
    assert zone.asked == []


def test_an_unknown_host_is_a_usage_error() -> None:
    with pytest.raises(CommandError) as refused:
        call("sites", "verify", "unknown.test")
    assert refused.value.returncode == 2
