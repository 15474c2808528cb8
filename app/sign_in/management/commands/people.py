from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.accounts.models import User
from app.sign_in import brake
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

    def handle(self, *, run: Any, **options: Any) -> None:
        run(**options)

    def unlock(self, *, username: str, **_: Any) -> None:
        if not User.objects.filter(username=username).exists():
            raise usage_error(f"There is no user {username!r}. A superuser finds user names under Users in the admin.")
        brake.unlock(username)
        self.stdout.write(f"{username} can sign in again now, from any address.")
