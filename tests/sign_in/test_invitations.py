"""A site administrator invites by mail; the link makes an account with a role on this site, once, within a day."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in.invitations import inviting
from app.sign_in.models import Invitation
from app.tenancy.current import use_site
from app.tenancy.models import AuditEntry, Membership
from tests.support.logs import Lines
from tests.support.mail import GOOD, Mailbox, links_in, opened, use_smtp
from tests.support.makers import Browser, person

LIST, INVITE = "/admin/sign_in/invitation/", "/admin/sign_in/invitation/add/"
ACCEPT = "/admin/account/invitation/"
NEW = {"username": "ida", "first_name": "Ida", "last_name": "Holm", "password1": GOOD, "password2": GOOD}
Response = Any  # the test client's


@pytest.fixture
def boss(north: Site) -> Browser:
    """A browser of the Site admin of north."""
    person("boss", north, "Site admin")
    return signed_in("boss")


def signed_in(name: str, host: str = "north.test") -> Browser:
    browser = Browser(host)
    assert browser.login(username=name, password=name)
    return browser


def invite(browser: Browser, email: str = "ida@example.test", role: str = "Editor") -> Response:
    return browser.post(INVITE, {"email": email, "role": str(Group.objects.get(name=role).pk)})


def link_in(mailbox: Mailbox) -> str:
    (mail,) = mailbox.messages()
    (link,) = links_in(mail.get_content())
    return link


def link_for(browser: Browser, mailbox: Mailbox, email: str = "ida@example.test", role: str = "Editor") -> str:
    assert invite(browser, email, role).headers["Location"] == LIST
    return link_in(mailbox)


def invitation() -> Invitation:
    return Invitation.all_sites.get()


def press(browser: Browser, button: str) -> str:
    """Presses a button on the page of the invitation; what the next page says."""
    response = browser.post(f"{LIST}{invitation().pk}/change/", {button: "1"}, follow=True)
    return str(response.content.decode())


async def refuse_all(*_: Any) -> str:
    """The server ends the connection, which was open already."""
    return "421 Going away"


def role_of(name: str) -> dict[str, str]:
    rows = Membership.all_sites.filter(user__username=name)
    return dict(rows.values_list("site__domain", "role__name"))


def test_it_works(boss: Browser, mailbox: Mailbox) -> None:
    members = boss.get("/admin/tenancy/membership/").content.decode()
    assert f'href="{INVITE}"' in members
    assert invite(boss, "Ida@Example.test").headers["Location"] == LIST
    listed = boss.get(LIST).content.decode()
    assert "ida@example.test" in listed
    assert '<td class="field-shown_state">open</td>' in listed
    (mail,) = mailbox.messages()
    assert (mail["To"], mail["Subject"]) == ("ida@example.test", "[North] You are invited")
    assert "in the role “Editor”" in mail.get_content()
    (link,) = links_in(mail.get_content())
    assert link.startswith(f"http://north.test{ACCEPT}?key=")
    ida = opened(link)
    assert "ida@example.test" in ida.get(ACCEPT).content.decode()
    assert ida.post(ACCEPT, NEW).headers["Location"] == "/admin/"
    assert ida.get("/admin/").status_code == 200
    assert role_of("ida") == {"north.test": "Editor"}
    account = User.objects.get(username="ida")
    assert (account.email, account.get_full_name(), account.is_superuser) == ("ida@example.test", "Ida Holm", False)
    assert EmailAddress.objects.get(user=account).verified
    assert '<td class="field-shown_state">accepted</td>' in boss.get(LIST).content.decode()
    assert Browser("north.test").post("/admin/login/", {"username": "ida", "password": GOOD}).status_code == 302
    assert Browser("south.test").post("/admin/login/", {"username": "ida", "password": GOOD}).status_code != 302


@pytest.mark.parametrize("stored", ["sam@example.test", "Sam@Example.TEST", "verified"])
def test_the_owner_of_an_account_becomes_a_member_and_is_told(
    boss: Browser, sam: User, mailbox: Mailbox, stored: str
) -> None:
    if stored == "verified":
        User.objects.filter(pk=sam.pk).update(email="")
        EmailAddress.objects.create(user=sam, email="sam@example.test", verified=True)
    else:
        User.objects.filter(pk=sam.pk).update(email=stored)
    assert invite(boss, "SAM@example.test", "Author").status_code == 302
    assert "has an account already" in boss.get(LIST).content.decode()
    assert role_of("sam") == {"south.test": "Editor", "north.test": "Author"}
    (mail,) = mailbox.messages()
    assert mail["To"].lower() == "sam@example.test"
    assert "Your user name: sam" in mail.get_content()
    assert links_in(mail.get_content()) == ["http://north.test/admin/"]
    assert not Invitation.all_sites.exists()


def test_only_who_may_add_members_invites(nora: User, south: Site, mailbox: Mailbox) -> None:
    person("admin-of-south", south, "Site admin")
    browser = signed_in("nora")
    assert invite(browser).status_code == 403
    assert browser.get(LIST).status_code == 403
    assert invite(signed_in("admin-of-south", "south.test")).status_code == 302
    row = invitation()
    for button in ("_send", "_withdraw", "_save"):
        assert browser.post(f"{LIST}{row.pk}/change/", {button: "1"}).status_code in {403, 404}
    assert invitation().state == "open"
    assert Browser("north.test").get(LIST).status_code == 302


def test_a_person_invites_only_into_roles_that_permit_no_more_than_hers(
    boss: Browser, north: Site, mailbox: Mailbox
) -> None:
    clerk = Group.objects.create(name="Clerk")
    clerk.permissions.set(Permission.objects.filter(content_type__model="membership"))
    person("rita", north, "Clerk")
    browser = signed_in("rita")
    assert "Site admin" not in browser.get(INVITE).content.decode()
    for role in ("Site admin", "Editor", "Author"):
        assert "Select a valid choice" in invite(browser, role=role).content.decode()
    assert not Invitation.all_sites.exists()
    assert invite(boss, role="Site admin").status_code == 302
    mailbox.messages()
    for button in ("_send", "_withdraw"):
        assert browser.post(f"{LIST}{invitation().pk}/change/", {button: "1"}).status_code == 403
    assert (invitation().state, mailbox.messages()) == ("open", [])
    assert invite(browser, "clerk@example.test", "Clerk").status_code == 302


def test_a_link_works_once(boss: Browser, mailbox: Mailbox) -> None:
    link = link_for(boss, mailbox)
    first, second = opened(link), opened(link)
    assert first.post(ACCEPT, {**NEW, "username": "boss"}).status_code == 200, "a mistake does not use it"
    assert first.post(ACCEPT, {**NEW, "password1": "short", "password2": "short"}).status_code == 200
    assert first.post(ACCEPT, NEW).status_code == 302
    assert second.post(ACCEPT, {**NEW, "username": "eve"}).status_code == 410
    assert Browser("north.test").get(link).status_code == 410
    assert first.get(link).status_code == 410
    assert not User.objects.filter(username="eve").exists()


def test_of_two_simultaneous_requests_one_uses_the_link(
    boss: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_for(boss, mailbox)
    first, second = opened(link), opened(link)
    open_one = Invitation.all_sites.select_related("invited_by", "role").get()
    assert first.post(ACCEPT, NEW).status_code == 302
    # They looked before the first one wrote.
    monkeypatch.setattr("app.sign_in.invitations.views.invitation_of", lambda _: open_one)
    monkeypatch.setattr("app.sign_in.invitations.views.account_for", lambda _: None)
    second.post(ACCEPT, {**NEW, "username": "eve"})
    assert not User.objects.filter(username="eve").exists()


def test_a_link_ends_after_a_day(boss: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    link, now = link_for(boss, mailbox), time.time()
    ida = opened(link)
    with monkeypatch.context() as later:
        later.setattr("time.time", lambda: now + 24.1 * 3600)
        assert Browser("north.test").get(link).status_code == 410
        assert ida.post(ACCEPT, NEW).status_code == 410
    assert not User.objects.filter(username="ida").exists()
    Invitation.all_sites.update(sent_at=timezone.now() - timedelta(hours=24.1))
    assert '<td class="field-shown_state">ended</td>' in boss.get(LIST).content.decode()
    assert "sent again" in press(boss, "_send")
    assert opened(link_in(mailbox)).post(ACCEPT, NEW).status_code == 302


def test_a_withdrawn_invitation_is_worth_nothing(boss: Browser, mailbox: Mailbox) -> None:
    ida = opened(link_for(boss, mailbox))
    assert "was withdrawn" in press(boss, "_withdraw")
    assert ida.post(ACCEPT, NEW).status_code == 410
    assert '<td class="field-shown_state">withdrawn</td>' in boss.get(LIST).content.decode()
    for button in ("_send", "_withdraw"):
        assert "accepted or withdrawn already" in press(boss, button)
    assert mailbox.messages() == []
    assert invite(boss).status_code == 302, "the address can be invited again"


def test_sending_again_ends_the_link_before(boss: Browser, mailbox: Mailbox) -> None:
    first = link_for(boss, mailbox)
    assert "sent again" in press(boss, "_send")
    second = link_in(mailbox)
    assert Browser("north.test").get(first).status_code == 410
    assert opened(second).post(ACCEPT, NEW).status_code == 302


def test_a_link_of_one_site_is_worth_nothing_on_another(boss: Browser, south: Site, mailbox: Mailbox) -> None:
    link = link_for(boss, mailbox)
    same = {field: getattr(invitation(), field) for field in ("email", "role", "invited_by", "sent_at")}
    with use_site(south):
        Invitation.objects.create(**same)
    path = link.removeprefix("http://north.test")
    assert Browser("south.test").get(path).status_code == 410
    assert Browser("south.test").get(path.replace("key=1.", "key=2.")).status_code == 410
    opened(link)


def test_somebody_else_who_is_signed_in_is_told_and_nothing_happens(
    boss: Browser, nora: User, mailbox: Mailbox
) -> None:
    link = link_for(boss, mailbox, role="Site admin")
    browser = opened(link, signed_in("nora"))
    for response in (browser.get(ACCEPT), browser.post(ACCEPT, NEW), browser.post(ACCEPT)):
        assert response.status_code == 409
        assert "You are signed in as nora, and the invitation is for ida@example.test." in response.content.decode()
    assert (role_of("nora"), invitation().state) == ({"north.test": "Editor"}, "open")
    assert browser.post("/admin/logout/").status_code == 200
    assert opened(link, browser).post(ACCEPT, NEW).status_code == 302


def test_an_account_that_was_created_meanwhile_becomes_a_member(boss: Browser, sam: User, mailbox: Mailbox) -> None:
    link = link_for(boss, mailbox)
    before = opened(link)
    User.objects.filter(pk=sam.pk).update(email="IDA@example.test")
    browser = opened(link)
    assert "You have an account already: sam." in browser.get(ACCEPT).content.decode()
    assert browser.post(ACCEPT).headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 302, "a link signs nobody in to an account that has a password"
    assert role_of("sam") == {"south.test": "Editor", "north.test": "Editor"}
    assert before.post(ACCEPT, NEW).status_code == 410
    assert not User.objects.filter(username="ida").exists()


def test_no_second_account_is_made_for_an_address(
    boss: Browser, sam: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened(link_for(boss, mailbox))
    User.objects.filter(pk=sam.pk).update(email="ida@example.test")
    monkeypatch.setattr("app.sign_in.invitations.views.account_for", lambda _: None)  # it looked a moment earlier
    assert browser.post(ACCEPT, NEW).headers["Location"] == ACCEPT
    assert not User.objects.filter(username="ida").exists()


def test_a_closed_account_is_not_replaced_by_a_new_one(boss: Browser, sam: User, mailbox: Mailbox) -> None:
    browser = opened(link_for(boss, mailbox))
    User.objects.filter(pk=sam.pk).update(email="ida@example.test", is_active=False)
    assert browser.post(ACCEPT, NEW).status_code == 410


@pytest.mark.parametrize("change", ["role removed", "closed", "deleted", "role changed"])
def test_an_inviter_who_could_not_invite_any_longer_invites_nobody(
    boss: Browser, north: Site, mailbox: Mailbox, change: str
) -> None:
    browser, own = opened(link_for(boss, mailbox)), User.objects.get(username="boss")
    if change == "role removed":
        Membership.all_sites.filter(user=own).delete()
    elif change == "closed":
        User.objects.filter(pk=own.pk).update(is_active=False)
    elif change == "deleted":
        own.delete()
    else:
        Membership.all_sites.filter(user=own).update(role=Group.objects.get(name="Author"))
    assert browser.post(ACCEPT, NEW).status_code == 410
    assert not User.objects.filter(username="ida").exists()


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("nora@example.test", "already a member"),
        ("NORA@example.test", "already a member"),
        ("closed@example.test", "is not active"),
        ("both@example.test", "Several accounts have this address"),
        ("invited@example.test", "is invited already"),
        ("nobody", "Enter a valid email address"),
        ("", "This field is required"),
        ("a@b.test\nBcc: c@d.test", "Enter a valid email address"),
    ],
)
def test_who_cannot_be_invited(boss: Browser, nora: User, south: Site, mailbox: Mailbox, email: str, said: str) -> None:
    person("closed", south)
    User.objects.filter(username="closed").update(is_active=False)
    User.objects.filter(pk__in=[person("one", south).pk, person("two", south).pk]).update(email="both@example.test")
    invite(boss, "invited@example.test")
    mailbox.messages()
    memberships = Membership.all_sites.count()
    response = invite(boss, email)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert (mailbox.messages(), Invitation.all_sites.count()) == ([], 1)
    assert Membership.all_sites.count() == memberships


def test_a_thousand_invitations_in_a_loop_are_limited(boss: Browser, mailbox: Mailbox) -> None:
    statuses = [invite(boss, f"name{number}@example.test").status_code for number in range(60)]
    assert statuses == [302] * 30 + [429] * 30
    assert "Try again in" in invite(boss, "name@example.test").content.decode()
    assert (len(mailbox.messages()), Invitation.all_sites.count()) == (30, 30)
    Invitation.all_sites.exclude(email="name0@example.test").delete()
    assert "Try again in" in press(boss, "_send")
    assert mailbox.messages() == []


def test_the_open_invitations_of_a_site_are_bounded(
    boss: Browser, north: Site, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_OPEN", 3)
    for number in range(3):
        invite(boss, f"name{number}@example.test")
    assert "This site has 3 open invitations" in invite(boss, "one@example.test").content.decode()
    Invitation.all_sites.update(sent_at=timezone.now() - timedelta(days=2))
    assert invite(boss, "one@example.test").status_code == 302


def test_old_invitations_that_nobody_accepted_are_deleted(boss: Browser, mailbox: Mailbox) -> None:
    for email in ("old@example.test", "recent@example.test", "accepted@example.test"):
        invite(boss, email)
    ago = timezone.now() - timedelta(days=31)
    Invitation.all_sites.exclude(email="recent@example.test").update(created_at=ago, sent_at=ago)
    Invitation.all_sites.filter(email="accepted@example.test").update(accepted_at=ago)
    invite(boss, "new@example.test")
    assert set(Invitation.all_sites.values_list("email", flat=True)) == {
        "recent@example.test",
        "accepted@example.test",
        "new@example.test",
    }


@pytest.mark.parametrize("email", ["ida@example.test", "sam@example.test"])
def test_a_mail_server_that_is_away_changes_nothing(boss: Browser, sam: User, settings: Settings, email: str) -> None:
    use_smtp(settings, port=1)
    response = invite(boss, email)
    assert response.status_code == 200
    assert "The mail could not be sent." in response.content.decode()
    assert not Invitation.all_sites.exists()
    assert role_of("sam") == {"south.test": "Editor"}


def test_a_refused_mail_is_listed_as_not_sent_and_can_be_sent_again(boss: Browser, mailbox: Mailbox) -> None:
    mailbox.refused = {"ida@example.test"}
    assert "listed as “not sent”" in invite(boss).content.decode()
    assert '<td class="field-shown_state">not sent</td>' in boss.get(LIST).content.decode()
    assert "listed as “not sent”" in press(boss, "_send")
    mailbox.refused = set()
    assert "sent again" in press(boss, "_send")
    assert opened(link_in(mailbox)).post(ACCEPT, NEW).status_code == 302


@pytest.mark.parametrize("fault", ["refused", "lost"])
def test_a_member_whom_no_mail_could_tell_is_a_member(
    boss: Browser, sam: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "refused":
        mailbox.refused = {"sam@example.test"}
    else:
        monkeypatch.setattr(Mailbox, "handle_RCPT", refuse_all)
    response = invite(boss, "sam@example.test", "Author")
    assert response.status_code == 302
    said = boss.get(response.headers["Location"]).content.decode()
    assert "The person is a member now; the mail that says so could not be sent." in said
    assert "nothing was saved" not in said
    assert role_of("sam") == {"south.test": "Editor", "north.test": "Author"}
    assert mailbox.messages() == []
    # A second try says what is the case.
    assert "already a member" in invite(boss, "sam@example.test", "Author").content.decode()


@pytest.mark.parametrize("backend", ["console", "dummy"])
def test_without_a_mail_server_the_page_says_so(
    boss: Browser, settings: Settings, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    for response in (boss.get(INVITE), invite(boss)):
        assert "This platform sends no mail" in response.content.decode()
    assert not Invitation.all_sites.exists()
    assert "key=" not in capsys.readouterr().out


def test_where_passwords_are_off_only_accounts_become_members(
    boss: Browser, sam: User, mailbox: Mailbox, settings: Settings
) -> None:
    browser = opened(link_for(boss, mailbox))
    settings.PASSWORD_SIGN_IN = False
    assert browser.post(ACCEPT, NEW).status_code == 410
    assert "Nobody has an account with this address" in invite(boss, "eve@example.test").content.decode()
    assert invite(boss, "sam@example.test").status_code == 302
    assert role_of("sam") == {"south.test": "Editor", "north.test": "Editor"}
    assert not User.objects.filter(username="ida").exists()


def test_a_site_that_was_chosen_in_the_admin_invites_to_itself(
    root: User, north: Site, south: Site, mailbox: Mailbox
) -> None:
    browser = signed_in("root")
    browser.post("/admin/switch-site/", {"site_id": south.pk})
    link = link_for(browser, mailbox)
    assert link.startswith(f"http://south.test{ACCEPT}?key=")
    assert opened(link).post(ACCEPT, NEW).status_code == 302
    assert role_of("ida") == {"south.test": "Editor"}


def test_the_key_is_in_no_log_line(boss: Browser, mailbox: Mailbox, lines: Lines) -> None:
    link = link_for(boss, mailbox)
    assert opened(link).post(ACCEPT, NEW).status_code == 302
    written = [line for line in lines() if line["logger"] != "mail.log"]
    assert ACCEPT in {line.get("path") for line in written}
    assert link.partition("key=")[2] not in str(written)
    assert "ida@" not in str(written)


def test_it_is_in_the_list_of_activity(boss: Browser, north: Site, sam: User, mailbox: Mailbox) -> None:
    link_for(boss, mailbox)
    press(boss, "_send")
    link = link_in(mailbox)
    assert opened(link).post(ACCEPT, NEW).status_code == 302
    invite(boss, "eve@example.test")
    eve = Invitation.all_sites.get(email="eve@example.test")
    boss.post(f"{LIST}{eve.pk}/change/", {"_withdraw": "1"})
    boss.post(f"{LIST}{eve.pk}/delete/", {"post": "yes"})
    invite(boss, "sam@example.test")
    entries = AuditEntry.all_sites.filter(site=north).exclude(verb__startswith="signed").order_by("pk")
    assert [(entry.verb, entry.actor, entry.target) for entry in entries if entry.target != "boss"] == [
        ("invited", "boss", "ida@example.test"),
        ("invited", "boss", "ida@example.test"),
        ("member_added", "", "ida"),
        ("invitation_accepted", "ida", "ida@example.test"),
        ("invited", "boss", "eve@example.test"),
        ("invitation_withdrawn", "boss", "eve@example.test"),
        ("deleted", "boss", "eve@example.test"),
        ("member_added", "boss", "sam"),
    ]
    assert link.partition("key=")[2] not in str(list(entries.values()))
