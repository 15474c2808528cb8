"""Who did what: what is recorded, for which site, and who may read it. Through HTTP and the command line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.observability.redact import Redactor
from app.release.owner import connected_as_owner
from app.tenancy.admin.activity import MOST_LISTED
from app.tenancy.audit.models import AuditEntry
from app.tenancy.audit.record import Event, record, record_all
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import use_site
from app.tenancy.models import Membership
from app.testing.forms import submitted
from tests.support.commands import call, call_main
from tests.support.makers import Browser, page_form, person

LIST = "/admin/tenancy/auditentry/"


def entries(site: Site | None, *verbs: str) -> list[AuditEntry]:
    """Of a site, or of the platform; the oldest first."""
    rows = AuditEntry.all_sites.filter(site=site).order_by("time", "pk")
    return list(rows.filter(verb__in=verbs) if verbs else rows)


def only(site: Site | None, *verbs: str) -> AuditEntry:
    (entry,) = entries(site, *verbs)
    return entry


def signed_in(username: str, host: str = "north.test") -> Browser:
    browser = Browser(host)
    assert browser.login(username=username, password=username)
    return browser


def sign_in(username: str, password: str, host: str = "north.test", **headers: str) -> Any:
    return Browser(host, **headers).post("/admin/login/", {"username": username, "password": password})


@pytest.fixture
def boss(north: Site) -> Browser:
    person("boss", north, "Site admin")
    return signed_in("boss")


def test_signing_in_and_out(nora: User, north: Site, south: Site) -> None:
    browser = Browser("north.test", HTTP_USER_AGENT="Tester\x1b[2J" + "x" * 500, HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert browser.post("/admin/login/", {"username": "nora", "password": "nora"}).status_code == 302
    entry = only(north, Verb.SIGNED_IN)
    assert (entry.actor, entry.actor_id, entry.address) == ("nora", nora.pk, "203.0.113.9")
    assert entry.agent.startswith("Tester\\x1b[2Jx")
    assert len(entry.agent) == 200
    browser.post("/admin/logout/")
    assert only(north, Verb.SIGNED_OUT).actor == "nora"
    assert entries(south) == []


@pytest.mark.parametrize("address", ["unknown", "::ffff:x", "fe80::1%eth0", "2001:DB8::1"])
def test_an_odd_address_is_no_error(address: str, nora: User, north: Site) -> None:
    assert sign_in("nora", "nora", HTTP_X_FORWARDED_FOR=address).status_code == 302
    expected = {"fe80::1%eth0": "fe80::1", "2001:DB8::1": "2001:db8::1"}.get(address)
    assert only(north, Verb.SIGNED_IN).address == expected


def test_a_flood_of_failed_sign_ins_is_one_entry(nora: User, sam: User, north: Site, south: Site) -> None:
    for number in range(30):
        sign_in(f"unknown{number}", "hunter2-hunter2", REMOTE_ADDR=f"198.51.100.{number}")
    for name in ("nora", "nora", "sam", "my-p4ssword"):
        sign_in(name, "wrong-pass")
    entry = only(north, Verb.SIGN_IN_FAILED)
    assert entry.count == 34
    assert entry.details["accounts"] == ["nora"]
    assert len(entry.details["addresses"]) == 20
    stored = str(AuditEntry.all_sites.filter(pk=entry.pk).values().get())
    assert not any(text in stored for text in ("hunter2", "wrong-pass", "my-p4ssword", "sam", "unknown"))
    assert entries(south, Verb.SIGN_IN_FAILED) == []
    AuditEntry.all_sites.filter(pk=entry.pk).update(window=entry.window and entry.window - 1)
    sign_in("nora", "wrong-pass")
    assert [e.count for e in entries(north, Verb.SIGN_IN_FAILED)] == [34, 1]


def test_switching_is_in_the_list_of_the_site_that_was_entered(nora: User, north: Site, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Group.objects.get(name="Editor"))
    browser = signed_in("nora")
    browser.post("/admin/switch-site/", {"site_id": south.pk})
    assert only(south, Verb.SWITCHED_SITE).actor == "nora"
    assert entries(north, Verb.SWITCHED_SITE) == []


def test_content(nora: User, north: Site) -> None:
    browser = signed_in("nora")
    browser.post("/admin/pages/page/add/", page_form(title="About", slug="about"))
    added = only(north, Verb.ADDED)
    assert (added.actor, added.target_type, added.target, added.details) == ("nora", "pages.page", "About", {})
    change = f"/admin/pages/page/{added.target_id}/change/"
    browser.post(change, page_form(title="Us", slug="about", body="<p>secret draft</p>"))
    changed = only(north, Verb.CHANGED)
    assert changed.details == {"changes": "Changed Title and Body."}
    browser.post("/admin/pages/page/", {"action": "withdraw", "_selected_action": [added.target_id]})
    browser.post(f"/admin/pages/page/{added.target_id}/delete/", {"post": "yes"})
    assert [e.verb for e in entries(north)][-2:] == [Verb.CHANGED, Verb.DELETED]
    assert entries(north)[-1].target == "Us"


def test_members_in_the_admin_by_command_and_with_their_account(
    boss: Browser, sam: User, root: User, north: Site
) -> None:
    role = {name: Group.objects.get(name=name).pk for name in ("Author", "Editor")}
    boss.post("/admin/tenancy/membership/add/", {"username": "sam", "role": role["Author"]})
    added = entries(north, Verb.MEMBER_ADDED)[-1]
    member = Membership.all_sites.get(user=sam, site=north)
    assert (added.actor, added.target, added.details) == ("boss", "sam", {"role": "Author"})
    boss.post(f"/admin/tenancy/membership/{member.pk}/change/", {"role": role["Editor"]})
    assert only(north, Verb.ROLE_CHANGED).details == {"role": "Author → Editor"}
    boss.post(f"/admin/tenancy/membership/{member.pk}/delete/", {"post": "yes"})
    assert only(north, Verb.MEMBER_REMOVED).target == "sam"
    assert entries(north, Verb.ADDED, Verb.CHANGED, Verb.DELETED) == []
    call_main("members", "add", "sam", "--site=north.test", "--role=Editor")
    by_command = entries(north, Verb.MEMBER_ADDED)[-1]
    assert (by_command.actor, by_command.actor_id, by_command.target) == ("manage.py members", None, "sam")
    signed_in("root").post(f"/admin/accounts/user/{sam.pk}/delete/", {"post": "yes"})
    removed = entries(north, Verb.MEMBER_REMOVED)[-1]
    assert (removed.actor, removed.target, removed.details) == ("root", "sam", {"role": "Editor"})
    assert only(None, Verb.DELETED).target == "sam"


def test_the_name_of_a_deleted_person_stays(nora: User, north: Site) -> None:
    sign_in("nora", "nora")
    key = nora.pk
    nora.delete()
    entry = only(north, Verb.SIGNED_IN)
    assert (entry.actor, entry.actor_id) == ("nora", key)


def test_what_is_done_above_the_sites_is_in_no_sites_list(root: User, north: Site, nora: User) -> None:
    browser = signed_in("root")
    form = submitted(browser.get(f"/admin/accounts/user/{nora.pk}/change/").content.decode(), "user_form")
    browser.post(f"/admin/accounts/user/{nora.pk}/change/", {**form, "first_name": "N"})
    role = Group.objects.get(name="Author")
    form = submitted(browser.get(f"/admin/auth/group/{role.pk}/change/").content.decode(), "group_form")
    browser.post(f"/admin/auth/group/{role.pk}/change/", form)
    changed = entries(None, Verb.CHANGED)
    assert [(e.actor, e.target_type, e.target) for e in changed] == [
        ("root", "accounts.user", "nora"),
        ("root", "auth.group", "Author"),
    ]
    assert entries(north, Verb.CHANGED) == []


def test_sites_in_the_admin_and_by_command(root: User, north: Site, south: Site) -> None:
    browser = signed_in("root")
    form = submitted(browser.get(f"/admin/sites/site/{south.pk}/change/").content.decode(), "site_form")
    browser.post(f"/admin/sites/site/{south.pk}/change/", {**form, "state": "suspended"})
    suspended = only(south, Verb.SITE_STATE_CHANGED)
    assert (suspended.actor, suspended.target) == ("root", "south.test")
    assert suspended.details == {"changes": ["state: active → suspended"]}
    assert call_main("sites", "rename", "south.test", "east.test").returncode == 0
    renamed = only(south, Verb.SITE_RENAMED)
    assert (renamed.actor, renamed.target) == ("manage.py sites", "east.test")
    assert renamed.details["changes"][0] == "domain: south.test → east.test"
    assert call_main("sites", "add", "west.test").returncode == 0
    added = only(Site.objects.get(domain="west.test"), Verb.SITE_ADDED)
    assert added.actor == "manage.py sites"
    call("sites", "set", "east.test", "--colour=#123456")
    assert only(south, Verb.SITE_CHANGED).actor == ""
    assert entries(north, Verb.SITE_CHANGED, Verb.SITE_ADDED, Verb.CHANGED) == []
    assert entries(None, Verb.CHANGED) == []


def test_what_other_apps_record(root: User, north: Site, south: Site) -> None:
    with use_site(north):
        record("newsletter_sent", target_name="May\0" + "x" * 500, details={"to": ["a"] * 50, "count": 2}, actor=root)
        record(Verb.FACTOR_REMOVED, target=root, site_id=south.pk)
        record(Verb.PASSWORD_RESET, target=root, on_platform=True)
    record(Verb.PASSWORD_RESET_REQUESTED, target=root)
    sent = only(north)
    assert sent.target.startswith("Mayx")
    assert len(sent.target) == 200
    assert sent.details == {"to": ["a"] * 20, "count": 2}
    assert only(south).verb == Verb.FACTOR_REMOVED
    assert [e.verb for e in entries(None)] == [Verb.PASSWORD_RESET, Verb.PASSWORD_RESET_REQUESTED]


def test_a_secret_of_the_settings_is_not_recorded(north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = Redactor()
    redactor.learn(["the-secret-of-a-setting"])
    monkeypatch.setattr("app.tenancy.audit.record.redactor", redactor)
    with use_site(north):
        record("said", target_name="the-secret-of-a-setting", details={"text": "x the-secret-of-a-setting"})
    entry = only(north)
    assert (entry.target, entry.details) == ("[redacted]", {"text": "x [redacted]"})


def test_a_site_admin_reads_the_list_of_her_site_only(boss: Browser, nora: User, north: Site, south: Site) -> None:
    with use_site(north):
        record("said_on_north", target_name="canary of north")
    with use_site(south):
        record("said_on_south", target_name="canary of south")
    record("said_above", target_name="canary of the platform")
    html = boss.get(LIST).content.decode()
    assert "canary of north" in html
    assert "canary of south" not in html
    assert "canary of the platform" not in html
    for value in ("all", "platform"):
        assert f"sites={value}" not in html
        assert boss.get(LIST, {"sites": value}).status_code == 400
    assert "canary of south" not in boss.get(LIST, {"q": "canary"}).content.decode()
    assert signed_in("nora").get(LIST).status_code == 403


def test_a_superuser_reads_every_list(root: User, north: Site, south: Site) -> None:
    browser = signed_in("root")
    with use_site(south):
        record("said_on_south", target_name="canary of south")
    record("said_above", target_name="canary of the platform")
    html = browser.get(LIST).content.decode()
    assert "canary" not in html
    everything = browser.get(LIST, {"sites": "all"}).content.decode()
    assert "canary of south" in everything
    assert '<td class="field-site_name">South</td>' in everything
    assert "canary of the platform" in everything
    above = browser.get(LIST, {"sites": "platform", "q": "canary"}).content.decode()
    assert "canary of south" not in above
    assert "canary of the platform" in above


@pytest.mark.parametrize("who", ["boss", "root"])
def test_nobody_changes_the_list(who: str, boss: Browser, root: User, north: Site) -> None:
    with use_site(north):
        record("said", target_name="kept")
    entry, browser = only(north, "said"), signed_in(who)
    assert browser.get(f"{LIST}{entry.pk}/change/").status_code == 200
    assert browser.get(f"{LIST}{entry.pk}/history/").status_code == 200
    for path in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert browser.post(LIST + path, {"post": "yes", "target": "changed"}).status_code == 403
    browser.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert only(north, "said").target == "kept"


def test_filters(boss: Browser, nora: User, north: Site) -> None:
    sign_in("nora", "nora")
    sign_in("nora", "wrong")
    with use_site(north):
        record("said", target_name="something", actor=nora)
        record("said_before", target_name="long ago", actor=nora)
    AuditEntry.all_sites.filter(verb="said_before").update(time=timezone.now() - timedelta(days=40))
    past_week = {"time__gte": (timezone.now() - timedelta(days=7)).isoformat()}
    cases: list[tuple[dict[str, str], str, str]] = [
        ({"kind": "sign-ins"}, "Signed in", "something"),
        ({"who": "nora"}, "something", "Failed sign-ins"),
        ({"q": "someth"}, "something", "Signed in</td>"),
        (past_week, "something", "long ago"),
    ]
    for filters, shown, hidden in cases:
        html = boss.get(LIST, filters).content.decode()
        assert f">{shown}" in html, filters
        assert f'<td class="field-what">{hidden}' not in html
        assert f'<td class="field-on_what">{hidden}' not in html
    assert boss.get(LIST, {"agent__startswith": "x"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_long_list_costs_few_queries_and_uses_the_indexes(boss: Browser, root: User, north: Site) -> None:
    superuser = signed_in("root")
    warm_up = [queries_of(boss), queries_of(superuser, sites="all")]
    before = [queries_of(boss), queries_of(superuser, sites="all")]
    record_all(Event(f"said{number % 7}", north.pk, target_name=f"n{number}") for number in range(MOST_LISTED + 500))
    record_all(Event("said", None, target_name=f"n{number}") for number in range(500))
    assert [queries_of(boss), queries_of(superuser, sites="all")] == before
    assert max(before) <= max(warm_up) <= 14
    assert f"{MOST_LISTED} activity" in boss.get(LIST).content.decode()
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {AuditEntry._meta.db_table}")
    for rows in (AuditEntry.all_sites.filter(site=north), AuditEntry.all_sites.all()):
        plan = rows.order_by("-time", "-pk")[:100].explain()
        assert "audit_of_" in plan  # which of the two, the database decides by how many rows the site has
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan  # SQLite's word for sorting


def queries_of(browser: Browser, **filters: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert browser.get(LIST, filters).status_code == 200
    return len(found)


def test_old_entries_are_deleted_with_the_sessions(north: Site, south: Site, settings: Any) -> None:
    settings.AUDIT_DAYS = 30
    for site in (north, south, None):
        key = site.pk if site else None
        record_all([Event("old", key), Event("new", key)])
    AuditEntry.all_sites.filter(verb="old").update(time=timezone.now() - timedelta(days=31))
    AuditEntry.all_sites.filter(verb="new").update(time=timezone.now() - timedelta(days=29))
    assert "3 entries older than 30 days deleted" in call("clearsessions")
    assert [entry.verb for site in (north, south, None) for entry in entries(site)] == ["new"] * 3
    assert call("clearsessions") == ""


def test_an_entry_is_rolled_back_with_its_cause(
    boss: Browser, sam: User, north: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.tenancy.admin.members.MembershipAdmin.response_add", fail)
    boss.raise_request_exception = False
    before = len(entries(north, Verb.MEMBER_ADDED))
    role = Group.objects.get(name="Author").pk
    sent = {"username": "sam", "role": role}
    assert boss.post("/admin/tenancy/membership/add/", sent).status_code == 500
    assert len(entries(north, Verb.MEMBER_ADDED)) == before
    monkeypatch.undo()
    assert boss.post("/admin/tenancy/membership/add/", sent).status_code == 302
    assert len(entries(north, Verb.MEMBER_ADDED)) == before + 1
