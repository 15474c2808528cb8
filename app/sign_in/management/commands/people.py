from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.factors import encryption
from app.sign_in.oidc import accounts
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples


class Command(BaseCommand):
    help = "Helps people who cannot sign in: manage.py people ACTION."

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "manage.py people unlock ida")
        actions = parser.add_subparsers(required=True, metavar="ACTION")
        unlock = actions.add_parser("unlock", help="let a person try again after too many wrong passwords or codes")
        unlock.set_defaults(run=self.unlock)
        add_examples(unlock, "manage.py people unlock ida")
        unlock.add_argument("username")
        reencrypt = actions.add_parser(
            "reencrypt", help="encrypt the secrets of second factors with SECRET_KEY, before a fallback is removed"
        )
        reencrypt.set_defaults(run=self.reencrypt)
        add_examples(reencrypt, "manage.py people reencrypt")
        link = actions.add_parser("link", help="let a person of the OpenID provider sign in as this account")
        link.set_defaults(run=self.link)
        add_examples(link, "manage.py people link ida 7c2f31e0-5d0e-4b4f-9d0c-1f8a5f0e6a11")
        link.add_argument("username")
        link.add_argument("identifier", help="the provider's, as the page shows it to a person without an account")
        unlink = actions.add_parser("unlink", help="remove this link")
        unlink.set_defaults(run=self.unlink)
        add_examples(unlink, "manage.py people unlink ida")
        unlink.add_argument("username")

    def handle(self, *, run: Any, **options: Any) -> None:
        run(**options)

    def unlock(self, *, username: str, **_: Any) -> None:
        _account(username)
        rate_limit.unlock(username)
        self.stdout.write(f"{username} can sign in again now, from any address.")

    def reencrypt(self, **_: Any) -> None:
        done, unreadable = encryption.reencrypt()
        self.stdout.write(f"{done} secrets of second factors are encrypted with SECRET_KEY now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} more cannot be read: no key in SECRET_KEY or SECRET_KEY_FALLBACKS fits. Add the key "
                "that encrypted them to SECRET_KEY_FALLBACKS, or remove these factors under Users in the admin."
            )

    def link(self, *, username: str, identifier: str, **_: Any) -> None:
        user = _account(username)
        _require_provider()
        try:
            accounts.link_account(user, identifier)
        except accounts.AlreadyLinked:
            text = f"{username}, or this identifier, has another link. Remove it first: manage.py people unlink NAME."
            raise usage_error(text) from None
        self.stdout.write(f"{identifier} of {settings.OIDC_URL} signs in as {username}.")

    def unlink(self, *, username: str, **_: Any) -> None:
        user = _account(username)
        _require_provider()
        if not accounts.unlink_account(user):
            raise usage_error(f"{username} has no link.")
        self.stdout.write(f"Nobody of {settings.OIDC_URL} signs in as {username}. Open sessions stay.")


def _account(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise usage_error(f"There is no user {username!r}. A superuser finds user names under Users in the admin.")
    return user


def _require_provider() -> None:
    if not settings.OIDC_URL:
        raise usage_error("There is no OpenID provider. Set OIDC_URL.")
