from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import User
from app.sign_in import brake
from app.sign_in.factors import encryption
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

    def handle(self, *, run: Any, **options: Any) -> None:
        run(**options)

    def unlock(self, *, username: str, **_: Any) -> None:
        if not User.objects.filter(username=username).exists():
            raise usage_error(f"There is no user {username!r}. A superuser finds user names under Users in the admin.")
        brake.unlock(username)
        self.stdout.write(f"{username} can sign in again now, from any address.")

    def reencrypt(self, **_: Any) -> None:
        done, unreadable = encryption.reencrypt()
        self.stdout.write(f"{done} secrets of second factors are encrypted with SECRET_KEY now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} more cannot be read: no key in SECRET_KEY or SECRET_KEY_FALLBACKS fits. Add the key "
                "that encrypted them to SECRET_KEY_FALLBACKS, or remove these factors under Users in the admin."
            )
