from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from app.accounts.models import User
from app.sign_in.mailing import links, server
from app.sign_in.mailing.messages import message
from app.sign_in.reset.accounts import link_for, may_reset_here
from app.tenancy.current import current_site, current_site_or_none, use_site
from app.tenancy.directory import NoSuchSite, find_site
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.management.values import standard_input
from app.tenancy.models import Membership
from app.tenancy.people.roles import noting_lost_admins
from app.tenancy.sites.output import table

COLUMNS = ("username", "name", "role")


class Command(BaseCommand):
    help = "Lists and changes the members of a site: manage.py members ACTION --site=DOMAIN."

    def add_arguments(self, parser: CommandParser) -> None:
        example = "manage.py members add ida --site=school.example --role=Editor"
        add_examples(parser, example, "manage.py members list --site=school.example")
        actions = parser.add_subparsers(required=True, metavar="ACTION")
        listing = actions.add_parser("list", help="list the members of a site")
        listing.set_defaults(run=self.list_members)
        add_examples(listing, "manage.py members list --site=school.example --json")
        listing.add_argument("--json", action="store_true", dest="as_json")
        add = actions.add_parser("add", help="give a person a role")
        add.set_defaults(run=self.add)
        add_examples(
            add,
            example,
            "manage.py members add ida --site=school.example --role=Editor --create --email ida@school.example",
        )
        add.add_argument("username")
        add.add_argument("--role", required=True, help="Author, Editor, Site admin, or a role that you added")
        add.add_argument("--create", action="store_true", help="create the account if it does not exist")
        add.add_argument("--email", default="", help="of the new account; needs --create")
        add.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the new account's password from standard input; needs --create. Without it a one-time link is "
            "printed, and mailed if EMAIL_URL names a mail server",
        )
        remove = actions.add_parser("remove", help="remove a person's role")
        remove.set_defaults(run=self.remove)
        add_examples(remove, "manage.py members remove ida --site=school.example")
        remove.add_argument("username")
        for action in (listing, add, remove):
            # manage.py removes --site from the command line before this parser sees it.
            action.add_argument("--site", help="id or domain")

    def handle(self, *, run: Any, site: str | None, **options: Any) -> None:
        try:
            chosen = find_site(site) if site else current_site_or_none()
        except NoSuchSite as error:
            raise usage_error(str(error)) from None
        if chosen is None:
            raise usage_error("No site given. Add --site=ID or --site=DOMAIN.")
        with use_site(chosen):
            try:
                run(**options)
            except ValidationError as error:
                raise usage_error(" ".join(error.messages)) from None

    def list_members(self, *, as_json: bool, **_: Any) -> None:
        rows = [
            {"username": m.user.username, "name": m.user.get_full_name(), "role": m.role.name}
            for m in Membership.objects.select_related("user", "role").order_by("user__username")
        ]
        text = json.dumps(rows, indent=2, ensure_ascii=False) if as_json else "\n".join(table(rows, COLUMNS))
        self.stdout.write(text)

    def add(self, *, username: str, role: str, create: bool, email: str, password_stdin: bool, **_: Any) -> None:
        group = Group.objects.filter(name__iexact=role).first()
        if group is None:
            names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise usage_error(f"There is no role {role!r}. Roles: {names}.")
        if not create and (email or password_stdin):
            raise usage_error("--email and --password-stdin are for a new account: add --create.")
        # Nothing is printed in the transaction: output that cannot be written would take the change back.
        with noting_lost_admins([current_site().id], self.warn), transaction.atomic():
            user = User.objects.filter(username=username).first()
            is_new = user is None
            if user is None:
                if not create:
                    raise usage_error(f"There is no user {username!r}; --create creates one.")
                user = self.create(username, email, password_stdin)
            Membership.objects.update_or_create(user=user, defaults={"role": group})
        self.stdout.write(f"{username} is now {group.name}.")
        if not is_new and (email or password_stdin):
            self.warn(f"The account {username} exists already: its e-mail address and its password are unchanged.")
        if not user.is_active:
            self.warn(f"The account {username} is not active and cannot sign in; a superuser can activate it.")
        elif settings.PASSWORD_SIGN_IN and not user.has_usable_password() and user.last_login is None:
            self.give_link(user)

    def create(self, username: str, email: str, password_stdin: bool) -> User:
        password = _password() if password_stdin else None
        user = User(username=username, email=email)
        user.set_unusable_password()
        user.full_clean()
        if password is not None:
            # As with `createsuperuser --noinput`, the password validators do not apply to an operator's script.
            if not password:
                raise usage_error("There is no password on standard input (--password-stdin).")
            user.set_password(password)
        user.save()
        return user

    def give_link(self, user: User) -> None:
        if not may_reset_here(user):
            self.warn(
                f"The superuser {user.username} gets no link on the domain of this site, whose owner could read it: "
                f"set a password with `manage.py changepassword {user.username}`."
            )
            return
        # After the transaction: a mail server must not keep it open.
        link = link_for(user)
        self.stdout.write(f"To set a password, {user.username} opens this link; it works once, for one day:\n{link}")
        if not (user.email and server.is_set_up()):
            return
        mail = message("account", user.email, person=user, link=link, sign_in=links.address("admin:login"))
        try:
            server.send(server.open_connection(), mail)
        except server.MailNotSent:
            self.warn(f"The mail to {user.email} could not be sent. Give {user.username} the link yourself.")
        else:
            self.stdout.write(f"It was mailed to {user.email}.")

    def warn(self, text: str) -> None:
        self.stderr.write(self.style.WARNING(text))

    def remove(self, *, username: str, **_: Any) -> None:
        with noting_lost_admins([current_site().id], self.warn), transaction.atomic():
            if not Membership.objects.filter(user__username=username).delete()[0]:
                raise usage_error(f"{username!r} is not a member of this site.")
        self.stdout.write(f"{username} is no longer a member.")


def _password() -> str:
    """The first line of standard input."""
    try:
        return standard_input().readline().rstrip("\n")
    except UnicodeDecodeError:
        raise usage_error("The password on standard input is not UTF-8 text (--password-stdin).") from None
