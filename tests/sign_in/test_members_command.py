"""`manage.py members`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from pytest_django import Settings

from app.accounts.models import User
from tests.support.commands import ClosedPipe, call, call_main
from tests.support.mail import GOOD, links_in, opened, submit, use_smtp
from tests.support.makers import Browser

PAGE = "/admin/account/reset/password/"
EVE = ("members", "add", "eve", "--site=north.test", "--role=Editor")


def members(site: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("members", "list", f"--site={site}", "--json"))
    return found


@pytest.fixture
def ida(north: Site, south: Site) -> None:
    add = ("members", "add", "ida", "--site=north.test", "--role=Editor", "--create", "--email", "ida@x.test")
    call(*add, "--password-stdin", stdin="a good long password\n")


def test_it_works(ida: None) -> None:
    assert members("north.test") == [{"username": "ida", "name": "", "role": "Editor"}]
    assert members("south.test") == []
    assert User.objects.get(username="ida").check_password("a good long password")
    call("members", "add", "ida", "--site=north.test", "--role", "site admin")
    assert members("north.test")[0]["role"] == "Site admin"
    call("members", "remove", "ida", "--site=north.test")
    assert members("north.test") == []


def test_without_a_password_it_prints_and_mails_a_link_that_works_once(
    ida: None, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    made = call_main(*EVE, "--create", "--email", "eve@x.test")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("eve is now Editor.\nTo set a password, eve opens this link; it works once")
    assert made.stdout.endswith("It was mailed to eve@x.test.\n")
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["eve@x.test"], "[North] Your account")
    (link,) = links_in(made.stdout)
    assert links_in(str(mail.body)) == [link, "http://north.test/admin/login/"]
    browser = opened(link)
    assert submit(browser, PAGE, new_password1=GOOD, new_password2=GOOD).headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200
    assert Browser("north.test").post("/admin/login/", {"username": "eve", "password": GOOD}).status_code == 302
    assert Browser("north.test").get(link).status_code == 410
    assert call_main(*EVE).stdout == "eve is now Editor.\n", "she has a password"


def test_a_lost_link_is_printed_again(ida: None, mailoutbox: list[EmailMessage]) -> None:
    call_main(*EVE, "--create")
    again = call_main(*EVE)
    assert (len(links_in(again.stdout)), mailoutbox) == (1, [])
    User.objects.filter(username="eve").update(is_active=False)
    closed = call_main(*EVE)
    assert "The account eve is not active" in closed.stderr
    assert links_in(closed.stdout) == []


def test_a_superuser_gets_no_link_that_the_owner_of_the_domain_could_read(
    ida: None, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    call_main(*EVE, "--create", "--email", "eve@x.test")
    User.objects.filter(username="eve").update(is_superuser=True)
    mailoutbox.clear()
    told = call_main(*EVE)
    assert (links_in(told.stdout), mailoutbox) == ([], [])
    assert "set a password with `manage.py changepassword eve`" in told.stderr
    settings.ADMIN_HOSTS = ["north.test"]
    assert len(links_in(call_main(*EVE).stdout)) == 1


def test_without_a_mail_server_the_link_is_only_printed(ida: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    made = call_main(*EVE, "--create", "--email", "eve@x.test")
    assert (made.returncode, made.stderr, len(made.stdout.splitlines())) == (0, "", 3)


def test_a_mail_server_that_is_away_is_reported_and_the_account_is_there(ida: None, settings: Settings) -> None:
    use_smtp(settings, port=1)
    made = call_main(*EVE, "--create", "--email", "eve@x.test")
    assert made.returncode == 0
    assert "The mail to eve@x.test could not be sent. Give eve the link yourself." in made.stderr
    (link,) = links_in(made.stdout)
    assert opened(link).get(PAGE).status_code == 200


def test_the_link_of_a_site_that_redirects_to_https_is_https(ida: None, settings: Settings) -> None:
    settings.REDIRECT_TO_HTTPS = True
    (link,) = links_in(call_main(*EVE, "--create").stdout)
    assert link.startswith("https://north.test/admin/account/reset/password/?key=")


def test_an_account_that_exists_keeps_its_address_and_password_and_says_so(ida: None) -> None:
    add = ("members", "add", "ida", "--site=south.test", "--role=Author", "--create")
    for options in (("--email", "new@x.test"), ("--password-stdin",)):
        done = call_main(*add, *options)
        assert (done.returncode, done.stdout) == (0, "ida is now Author.\n")
        assert "The account ida exists already: its e-mail address and its password are unchanged." in done.stderr
    ida_now = User.objects.get(username="ida")
    assert ida_now.email == "ida@x.test"
    assert ida_now.check_password("a good long password")
    assert call_main(*add).stderr == ""


def test_the_last_site_admin_is_not_removed_unnoticed(ida: None) -> None:
    role = ("members", "add", "ida", "--site=north.test", "--role")
    assert call_main(*role, "Site admin").stderr == ""
    assert "North has no Site admin left" in call_main(*role, "Editor").stderr
    assert call_main(*role, "Site admin").stderr == ""
    done = call_main("members", "remove", "ida", "--site=north.test")
    assert (done.returncode, done.stdout) == (0, "ida is no longer a member.\n")
    assert "North has no Site admin left" in done.stderr


def test_a_change_is_stored_also_when_a_warning_cannot_be_written(ida: None) -> None:
    role = ("members", "add", "ida", "--site=north.test", "--role")
    call(*role, "Site admin")
    with pytest.raises(BrokenPipeError):
        call_command(*role, "Editor", stderr=ClosedPipe())
    assert members("north.test")[0]["role"] == "Editor"
    with pytest.raises(BrokenPipeError):
        call_command(*role, "Site admin", "--create", "--email", "new@x.test", stderr=ClosedPipe())
    assert members("north.test")[0]["role"] == "Site admin"
    with pytest.raises(BrokenPipeError):
        call_command("members", "remove", "ida", "--site=north.test", stderr=ClosedPipe())
    assert members("north.test") == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("members", "remove", "eve", "--site=north.test"), "not a member"),
        (EVE, "--create"),
        (("members", "add", "ida", "--site=north.test", "--role=King"), "Author, Editor, Site admin"),
        ((*EVE, "--create", "--password-stdin"), "password"),
        ((*EVE, "--email", "eve@x.test"), "--create"),
        (("members", "add", "ida", "--site=north.test", "--role=Author", "--email=x@x.test"), "add --create"),
        (("members", "add", "ida", "--site=north.test", "--role=Author", "--password-stdin"), "add --create"),
        (("members", "list"), "--site"),
        (("members", "list", "--site=nowhere.test"), "nowhere.test"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(ida: None, arguments: tuple[str, ...], named: str) -> None:
    before = members("north.test")
    with pytest.raises(CommandError) as refused:
        call(*arguments, stdin="\n")
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert members("north.test") == before
    assert not User.objects.filter(username="eve").exists()
