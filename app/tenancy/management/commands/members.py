from __future__ import annotations

import json
import sys
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from app.accounts.models import User
from app.tenancy.current import current_site_or_none, use_site
from app.tenancy.lookup import NoSuchSite, find
from app.tenancy.management.errors import Refusal
from app.tenancy.models import Membership
from app.tenancy.sites import output as listing


class Command(BaseCommand):
    help = "Shows and changes who works on a site: manage.py members ACTION --site=DOMAIN."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = actions.add_parser("list", help="the members of a site")
        listed.add_argument("--json", action="store_true")
        add = actions.add_parser("add", help="give a person a role")
        add.add_argument("username")
        add.add_argument("--role", required=True, help="Author, Editor, Site admin, or a role of your own")
        add.add_argument("--create", action="store_true", help="make the account if there is none")
        add.add_argument("--email", default="")
        add.add_argument("--password-stdin", action="store_true", help="read the new account's password")
        remove = actions.add_parser("remove", help="take a person's role away")
        remove.add_argument("username")
        for action in (listed, add, remove):
            # manage.py takes --site off the command line before this parser sees it.
            action.add_argument("--site", help="id or domain")

    def handle(self, *, action: str, site: str | None, **options: Any) -> None:
        try:
            chosen = find(site) if site else current_site_or_none()
        except NoSuchSite as error:
            raise Refusal(str(error)) from None
        if chosen is None:
            raise Refusal("Which site? Add --site=ID or --site=DOMAIN.")
        with use_site(chosen), transaction.atomic():
            try:
                getattr(self, f"do_{action}")(**options)
            except ValidationError as error:
                raise Refusal(" ".join(error.messages)) from None

    def do_list(self, *, json: bool, **_: Any) -> None:
        rows = [
            {"username": m.user.username, "name": m.user.get_full_name(), "role": m.role.name}
            for m in Membership.objects.select_related("user", "role").order_by("user__username")
        ]
        self.stdout.write(_dump(rows) if json else "\n".join(listing.table(rows, ("username", "name", "role"))))

    def do_add(self, *, username: str, role: str, create: bool, email: str, password_stdin: bool, **_: Any) -> None:
        group = Group.objects.filter(name__iexact=role).first()
        if group is None:
            names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise Refusal(f"There is no role {role!r}. There are: {names}.")
        user = User.objects.filter(username=username).first()
        if user is None:
            if not create:
                raise Refusal(f"There is no user {username!r}; --create makes one.")
            user = self.make(username, email, password_stdin)
        Membership.objects.update_or_create(user=user, defaults={"role": group})
        self.stdout.write(f"{username} is {group.name} now.")

    def make(self, username: str, email: str, password_stdin: bool) -> User:
        password = sys.stdin.readline().rstrip("\n") if password_stdin else None
        user = User(username=username, email=email)
        user.set_unusable_password()
        user.full_clean()
        if password is not None:
            # As with `createsuperuser --noinput`: what an operator's script hands over is not judged, only missed.
            if not password:
                raise Refusal("--password-stdin found no password on standard input.")
            user.set_password(password)
        user.save()
        return user

    def do_remove(self, *, username: str, **_: Any) -> None:
        if not Membership.objects.filter(user__username=username).delete()[0]:
            raise Refusal(f"{username!r} is no member of this site.")
        self.stdout.write(f"{username} is no member any more.")


def _dump(rows: list[dict[str, str]]) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False)
