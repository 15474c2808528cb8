"""A forgotten password: a link by mail, on the site's own domain, once, for a day, and for this site only."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.stages import LoginStage
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.adapter import AccountAdapter
from app.sign_in.mailing import links
from app.sign_in.models import Counter
from app.sign_in.reset.accounts import accounts_with
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, AuditEntry, Membership
from tests.support.logs import Lines
from tests.support.mail import GOOD, Mailbox, links_in, opened, use_smtp
from tests.support.makers import Browser, person

REQUEST, PASSWORD = "/admin/account/reset/", "/admin/account/reset/password/"
SENT = "/admin/account/reset/sent/"
NEW = {"new_password1": GOOD, "new_password2": GOOD}
Response = Any  # the test client's


def ask(address: str, *, host: str = "north.test", **headers: str) -> Response:
    return Browser(host, **headers).post(REQUEST, {"email": address})


def link_for(mailbox: Mailbox, address: str = "nora@example.test", **where: str) -> str:
    assert ask(address, **where).headers["Location"] == SENT
    (mail,) = mailbox.messages()
    (link,) = links_in(mail.get_content())
    return link


def signed_in(name: str, host: str = "north.test") -> Browser:
    browser = Browser(host)
    assert browser.post("/admin/login/", {"username": name, "password": name}).status_code == 302
    return browser


def can_sign_in(name: str, password: str, host: str = "north.test") -> bool:
    response = Browser(host).post("/admin/login/", {"username": name, "password": password})
    return bool(response.status_code == 302)


def of_the_product(lines: Lines) -> list[dict[str, Any]]:
    """Without those of the mail server in this process, which writes what it receives."""
    return [line for line in lines() if line["logger"] != "mail.log"]


def test_it_works(nora: User, mailbox: Mailbox) -> None:
    page = Browser("north.test").get("/admin/login/").content.decode()
    assert f'href="{REQUEST}"' in page
    assert "Send the link" in Browser("north.test").get(REQUEST).content.decode()
    assert "a message with a link is on its way" in Browser("north.test").get(SENT).content.decode()
    browser = opened(link_for(mailbox))
    assert "nora" in browser.get(PASSWORD).content.decode()
    assert browser.post(PASSWORD, NEW).headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200
    assert can_sign_in("nora", GOOD)
    assert not can_sign_in("nora", "nora")


def test_the_mail(nora: User, north: Site, mailbox: Mailbox, settings: Settings) -> None:
    Site.objects.filter(pk=north.pk).update(name="Ämter & Co\nBcc: all@example.test")
    directory.forget()
    settings.DEFAULT_FROM_EMAIL = "Platform <sites@example.test>"
    ask("NORA@example.test")
    (mail,) = mailbox.messages()
    assert mail["From"] == "Platform <sites@example.test>"
    assert (mail["To"], mail["Bcc"]) == ("nora@example.test", None)
    assert mail["Subject"].strip() == "[Ämter & Co Bcc: all@example.test] Set a new password"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert "account on Ämter & Co" in text
    assert "Your user name: nora" in text
    assert len(links_in(text)) == 1


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("north.test", {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_HOST": "evil.example"}),
        ("north.test", {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_PROTO": "https"}),
        ("north.test:6666", {}),
        ("NORTH.test.", {}),
        ("serves.north.test", {}),
        ("inside", {"HTTP_X_FORWARDED_HOST": "north.test"}),
    ],
)
def test_the_link_is_on_the_stored_domain(
    nora: User, north: Site, mailbox: Mailbox, host: str, headers: dict[str, str]
) -> None:
    Alias.objects.create(site=north, host="serves.north.test", redirect=False)
    assert link_for(mailbox, host=host, **headers).startswith(f"http://north.test{PASSWORD}?key=")


def test_the_link_of_a_listed_host_is_on_the_domain_of_its_site(
    nora: User, north: Site, mailbox: Mailbox, settings: Settings
) -> None:
    settings.LISTED_HOSTS, settings.DEFAULT_SITE_ID = ["admin.example"], north.pk
    assert link_for(mailbox, host="admin.example").startswith(f"http://north.test{PASSWORD}?key=")


@pytest.mark.parametrize("host", ["admin.example", "admin.north.test"])
def test_where_only_another_host_serves_the_admin_the_link_is_there(
    nora: User, north: Site, south: Site, mailbox: Mailbox, settings: Settings, host: str
) -> None:
    for site in (north, south):
        Alias.objects.create(site=site, host=f"admin.{site.domain}", redirect=False)
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = ["admin.south.test", host]
    settings.DEFAULT_SITE_ID = north.pk
    link = link_for(mailbox, host=host)
    assert link.startswith(f"http://{host}{PASSWORD}?key=")
    assert opened(link).post(PASSWORD, NEW).status_code == 302


@pytest.mark.parametrize("host", ["evil.example", "north.test.evil.example", ""])
def test_a_host_of_no_site_sends_nothing(nora: User, mailbox: Mailbox, host: str) -> None:
    assert ask("nora@example.test", host=host).status_code in {400, 404}
    assert (mailbox.messages(), mailbox.connections) == ([], 0)


def test_the_link_is_https_where_the_site_redirects_to_it(
    nora: User, north: Site, mailbox: Mailbox, settings: Settings
) -> None:
    assert link_for(mailbox, HTTP_X_FORWARDED_PROTO="https").startswith("https://north.test/")
    settings.REDIRECT_TO_HTTPS = True
    assert link_for(mailbox, HTTP_X_FORWARDED_PROTO="https").startswith("https://north.test/")
    settings.SSL_REDIRECT_EXCEPT = ["north.test"]
    assert link_for(mailbox).startswith("http://north.test/")


def test_on_the_own_machine_the_link_keeps_the_port(nora: User, north: Site, mailbox: Mailbox) -> None:
    Site.objects.filter(pk=north.pk).update(domain="north.localhost")
    directory.forget()
    link = link_for(mailbox, host="north.localhost:8000")
    assert link.startswith(f"http://north.localhost:8000{PASSWORD}")


def test_a_link_works_once(nora: User, mailbox: Mailbox) -> None:
    link, other_link = link_for(mailbox), link_for(mailbox)
    first, second = opened(link), opened(link)
    assert first.post(PASSWORD, {**NEW, "new_password2": "another"}).status_code == 200, "a mistake does not use it"
    assert first.post(PASSWORD, NEW).status_code == 302
    assert (
        second.post(PASSWORD, {"new_password1": "a different one", "new_password2": "a different one"}).status_code
        == 410
    )
    for used in (link, other_link):
        assert Browser("north.test").get(used).status_code == 410
    assert first.get(PASSWORD).status_code == 410
    assert can_sign_in("nora", GOOD)


def test_of_two_simultaneous_requests_one_uses_the_link(
    nora: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (opened(link) for link in [link_for(mailbox)] * 2)
    assert first.post(PASSWORD, NEW).status_code == 302
    monkeypatch.setattr("app.sign_in.reset.views.account_of", lambda _: nora)  # it looked before the first one wrote
    other = "a different password"
    assert second.post(PASSWORD, {"new_password1": other, "new_password2": other}).status_code == 410
    assert can_sign_in("nora", GOOD)


def test_a_link_ends_after_a_day(nora: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    link, now = link_for(mailbox), time.time()
    browser = opened(link)
    for hours, status in ((23.9, 200), (24.1, 410)):
        with monkeypatch.context() as later:
            later.setattr("time.time", lambda ahead=hours: now + ahead * 3600)
            assert browser.get(PASSWORD).status_code == status
    with monkeypatch.context() as later:
        later.setattr("time.time", lambda: now + 24.1 * 3600)
        assert Browser("north.test").get(link).status_code == 410
        assert browser.post(PASSWORD, NEW).status_code == 410
    assert can_sign_in("nora", "nora")


def test_a_link_of_one_site_is_worth_nothing_on_another(
    root: User, north: Site, south: Site, mailbox: Mailbox, settings: Settings
) -> None:
    """A superuser's, who may sign in on both."""
    settings.DEFAULT_SITE_ID = north.pk
    link = link_for(mailbox, "root@example.test")
    settings.DEFAULT_SITE_ID = south.pk
    path = link.removeprefix("http://north.test")
    refused = Browser("south.test").get(path)
    assert refused.status_code == 410
    assert "Location" not in refused.headers
    used = Browser("north.test").get(path.replace("key=", "key=1"))
    assert re.sub("North|north", "", used.content.decode()) == re.sub("South|south", "", refused.content.decode())
    settings.DEFAULT_SITE_ID = north.pk
    opened(link)


SUPERUSER = "root@example.test"


def test_on_a_domain_that_may_be_a_customers_a_superuser_gets_no_link(
    root: User, north: Site, south: Site, mailbox: Mailbox
) -> None:
    """Who owns the domain directs it to a server of hers, reads the key of the link, and opens it here."""
    with use_site(north):
        Membership.objects.create(user=root, role=Group.objects.get(name="Author"))
    EmailAddress.objects.create(user=root, email="other@example.test", verified=True)
    for address in (SUPERUSER, "other@example.test"):
        assert ask(address).headers["Location"] == SENT
    assert mailbox.messages() == []


def test_nor_where_no_listed_host_serves_the_site(root: User, north: Site, settings: Settings) -> None:
    """A command makes links for such a site, too."""
    settings.ADMIN_HOSTS = settings.LISTED_HOSTS = ["admin.example"]
    with use_site(north):
        assert links.address("account_reset_password").startswith("http://north.test/")
        assert accounts_with(SUPERUSER) == []


def test_on_the_operators_hosts_a_superuser_gets_one(
    root: User, north: Site, mailbox: Mailbox, settings: Settings
) -> None:
    settings.DEFAULT_SITE_ID = north.pk
    opened(link_for(mailbox, SUPERUSER))
    settings.DEFAULT_SITE_ID = 1
    settings.ADMIN_HOSTS = ["north.test"]
    assert opened(link_for(mailbox, SUPERUSER)).post(PASSWORD, NEW).headers["Location"] == "/admin/"
    assert can_sign_in("root", GOOD)


def test_a_link_of_somebody_who_has_become_a_superuser_ends(nora: User, mailbox: Mailbox) -> None:
    browser = opened(link_for(mailbox))
    User.objects.filter(pk=nora.pk).update(is_superuser=True)
    assert browser.post(PASSWORD, NEW).status_code == 410
    assert can_sign_in("nora", "nora")


@pytest.mark.parametrize("key", ["", "1", "1.", "x.y.z", "999999999999999999999.a.b", "²." * 3, "%00", "1." * 500])
def test_what_is_no_key_is_refused(nora: User, at_north: Browser, key: str) -> None:
    assert at_north.get(f"{PASSWORD}?key={key}").status_code == 410
    assert at_north.get(PASSWORD).status_code == 410
    assert at_north.post(PASSWORD, NEW).status_code == 410


@pytest.mark.parametrize("change", ["role", "closed", "address", "password", "signed in"])
def test_a_change_of_the_account_ends_the_link(nora: User, north: Site, mailbox: Mailbox, change: str) -> None:
    browser = opened(link_for(mailbox))
    if change == "role":
        Membership.all_sites.filter(user=nora).delete()
    elif change == "closed":
        User.objects.update(is_active=False)
    elif change == "address":
        User.objects.update(email="new@example.test")
    elif change == "password":
        nora.set_password("nora")
        nora.save()
    else:
        signed_in("nora")
    assert browser.post(PASSWORD, NEW).status_code == 410
    nora.refresh_from_db()
    assert nora.check_password("nora")


def seen(response: Response) -> tuple[int, str, str]:
    body = re.sub(r'value="[A-Za-z0-9]{64}"', "", response.content.decode())
    return response.status_code, response.headers.get("Location", ""), re.sub(r'value="[^"]+@[^"]+"', "", body)


@pytest.mark.parametrize("is_the_operators", [False, True])
def test_the_response_does_not_say_whether_the_account_exists(
    nora: User, sam: User, root: User, north: Site, mailbox: Mailbox, settings: Settings, is_the_operators: bool
) -> None:
    if is_the_operators:
        settings.DEFAULT_SITE_ID = north.pk
    person("closed", north)
    User.objects.filter(username="closed").update(is_active=False)
    ask("first@example.test", REMOTE_ADDR="192.0.2.99")  # begins the entry of this hour in the list of activity
    mailbox.messages()
    results: dict[str, object] = {}
    for name in ("nora", "nobody", "sam", "closed", "root"):
        before = mailbox.connections
        with CaptureQueriesContext(connection) as queries:
            response = ask(f"{name}@example.test", REMOTE_ADDR=f"192.0.2.{len(results)}")
        mails = len(mailbox.messages())
        assert mails == (name == "nora" or (name == "root" and is_the_operators)), name
        assert mailbox.connections == before + 1, "the server is connected to in any case"
        results[name] = (seen(response), len(queries), tuple(template.name for template in response.templates))
    assert set(results.values()) == {results["nora"]}


def test_nor_while_the_mail_server_is_away(nora: User, north: Site, settings: Settings, lines: Lines) -> None:
    use_smtp(settings, port=1)
    responses = [seen(ask(f"{name}@example.test")) for name in ("nora", "nobody")]
    assert responses[0] == responses[1]
    assert "The mail could not be sent. Please try again later." in responses[0][2]
    assert not Counter.objects.filter(attempts__gt=0).exists(), "it does not count as an attempt"
    assert [line["error"] for line in lines() if line["event"] == "Mail not sent"] == ["ConnectionRefusedError"] * 2


def test_nor_when_the_server_refuses_the_recipient(nora: User, mailbox: Mailbox, lines: Lines) -> None:
    mailbox.refused = {"nora@example.test"}
    assert seen(ask("nora@example.test")) == seen(ask("nobody@example.test"))
    assert mailbox.messages() == []
    assert [line["error"] for line in lines() if line["event"] == "Mail not sent"] == ["SMTPRecipientsRefused"]
    assert "nora@" not in str(of_the_product(lines))


def test_it_is_limited_per_address_of_mail_and_of_client(nora: User, mailbox: Mailbox) -> None:
    for name in ("nora", "nobody"):
        statuses = [ask(f"{name}@example.test", REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(7)]
        assert statuses == [302] * 5 + [429] * 2
    assert len(mailbox.messages()) == 5
    assert int(ask("NORA@example.test").headers["Retry-After"]) > 0
    statuses = [ask(f"name{n}@example.test", REMOTE_ADDR="198.51.100.7").status_code for n in range(32)]
    assert statuses == [302] * 30 + [429] * 2
    assert can_sign_in("nora", "nora"), "it does not keep anybody from signing in"


def test_it_ends_other_sessions_and_lifts_the_limit_of_passwords(nora: User, mailbox: Mailbox) -> None:
    elsewhere, link = signed_in("nora"), link_for(mailbox)
    for _ in range(5):
        can_sign_in("nora", "wrong")
        rate_limit.attempt("code", "nora", "192.0.2.9")
    assert not can_sign_in("nora", "nora")
    browser = opened(link)
    assert browser.post(PASSWORD, NEW).status_code == 302
    assert browser.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
    assert can_sign_in("nora", GOOD)
    with pytest.raises(rate_limit.RateLimited):
        rate_limit.attempt("code", "nora", "192.0.2.9")


class Factor(LoginStage):  # type: ignore[misc]  # allauth ships no types
    key = "factor"

    def handle(self) -> tuple[HttpResponse, bool]:
        return HttpResponse("the second factor, please"), True


def test_the_steps_after_the_password_follow_a_reset(
    nora: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccountAdapter, "get_login_stages", lambda _: ["tests.sign_in.test_reset.Factor"])
    browser = opened(link_for(mailbox))
    assert b"the second factor" in browser.post(PASSWORD, NEW).content
    assert browser.get("/admin/").status_code == 302
    assert not User.objects.get(username="nora").check_password("nora")


def test_somebody_else_who_is_signed_in_is_told_and_signed_out(nora: User, north: Site, mailbox: Mailbox) -> None:
    person("rita", north)
    browser = opened(link_for(mailbox), signed_in("rita"))
    assert "You are signed in as rita." in browser.get(PASSWORD).content.decode()
    assert browser.post(PASSWORD, NEW).status_code == 302
    assert "nora" in browser.get("/admin/").content.decode()
    assert User.objects.get(username="rita").check_password("rita")


def test_an_editors_choice_of_another_site_changes_nothing(
    nora: User, north: Site, south: Site, mailbox: Mailbox
) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    browser = signed_in("nora")
    browser.post("/admin/switch-site/", {"site_id": south.pk})
    browser.post(REQUEST, {"email": "nora@example.test"})
    (mail,) = mailbox.messages()
    (link,) = links_in(mail.get_content())
    assert link.startswith("http://north.test/")
    assert opened(link, browser).post(PASSWORD, NEW).status_code == 302


def test_a_verified_address_counts_and_the_mail_goes_to_the_stored_one(nora: User, mailbox: Mailbox) -> None:
    EmailAddress.objects.create(user=nora, email="kate@example.test", verified=True)
    EmailAddress.objects.create(user=nora, email="unverified@example.test", verified=False)
    for typed, recipients in (("Kate@Example.test", ["kate@example.test"]), ("unverified@example.test", [])):
        ask(typed)
        assert [mail["To"] for mail in mailbox.messages()] == recipients


def test_accounts_that_share_an_address_get_a_link_each(nora: User, north: Site, mailbox: Mailbox) -> None:
    person("rita", north)
    User.objects.update(email="Both@example.test")
    ask("both@example.test")
    names = {re.search(r"user name: (\w+)", mail.get_content())[1] for mail in mailbox.messages()}  # type: ignore[index]
    assert names == {"nora", "rita"}


def test_the_key_is_in_no_log_line_and_in_no_response(nora: User, mailbox: Mailbox, lines: Lines) -> None:
    link = link_for(mailbox)
    key = link.partition("key=")[2]
    browser = Browser("north.test")
    responses = [browser.get(link), browser.get(PASSWORD), browser.post(PASSWORD, NEW), browser.get(link)]
    assert [response.status_code for response in responses] == [302, 200, 302, 410]
    for response in responses[:2]:
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"
    assert key not in str([(response.headers, response.content) for response in responses])
    written = of_the_product(lines)
    assert {line["path"] for line in written if line["event"] == "request"} >= {PASSWORD}
    assert key not in str(written)
    assert "nora@" not in str(written)


def test_it_is_in_the_list_of_activity(nora: User, north: Site, mailbox: Mailbox) -> None:
    link = link_for(mailbox)
    ask("nobody@example.test")
    assert opened(link).post(PASSWORD, NEW).status_code == 302
    entries = AuditEntry.all_sites.filter(site=north, verb__startswith="password").order_by("pk")
    assert [(entry.verb, entry.count, entry.actor) for entry in entries] == [
        ("password_reset_requested", 2, ""),
        ("password_reset", 1, "nora"),
    ]
    stored = str(list(entries.values()))
    assert link.partition("key=")[2] not in stored
    assert "@" not in stored


def test_a_failure_with_the_key_in_the_address_repeats_it_nowhere(
    nora: User, mailbox: Mailbox, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_for(mailbox)
    key = link.partition("key=")[2]

    def fails(given: str, **_: object) -> None:
        raise RuntimeError(f"cannot read {given}")

    monkeypatch.setattr("app.sign_in.reset.views.account_of", fails)
    browser = Browser("north.test", raise_request_exception=False)
    assert browser.get(link).status_code == 500
    assert "cannot read" in str(lines())
    assert key not in str(of_the_product(lines))


@pytest.mark.parametrize("backend", ["console", "dummy"])
def test_without_a_mail_server_the_page_says_so(nora: User, settings: Settings, backend: str, capsys: Any) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    browser = Browser("north.test")
    for response in (browser.get(REQUEST), browser.post(REQUEST, {"email": "nora@example.test"})):
        assert "This platform sends no new passwords." in response.content.decode()
    assert "key=" not in capsys.readouterr().out


def test_where_passwords_are_off_a_link_signs_nobody_in(nora: User, mailbox: Mailbox, settings: Settings) -> None:
    browser = opened(link_for(mailbox))
    settings.PASSWORD_SIGN_IN = False
    assert REQUEST not in Browser("north.test").get("/admin/login/").content.decode()
    assert "sends no new passwords" in ask("nora@example.test").content.decode()
    assert browser.post(PASSWORD, NEW).status_code == 410
    assert mailbox.messages() == []


@pytest.mark.parametrize("typed", ["", "nora", "nora@", "a@b.test\nBcc: c@d.test", "x" * 250 + "@example.test"])
def test_what_is_no_address_is_refused(nora: User, mailbox: Mailbox, typed: str) -> None:
    assert ask(typed).status_code == 200
    assert (mailbox.messages(), mailbox.connections) == ([], 0)
