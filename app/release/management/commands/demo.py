from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from app.accounts.models import User
from app.pages.models import Page
from app.release.demo.sites import SITES, fill_site, read_content, set_logo
from app.tenancy.current import use_site
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.management.values import port
from app.tenancy.models import Membership, SiteProfile
from app.tenancy.sites.declarations import specification_from
from app.tenancy.sites.domains.claims import DECLARED, host_owners
from app.tenancy.sites.write import host_lock, write_site


class Command(BaseCommand):
    help = "Create three sites with pages, posts, an alias and a feed, and three users. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "manage.py demo --if-empty")
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing if the database already has sites or users."
        )
        parser.add_argument("--poll", action="store_true", help="Poll the feeds as well, if this run creates the demo.")
        parser.add_argument("--port", type=port, default=8000, help="Port in the printed addresses (default: 8000).")

    def handle(self, *, if_empty: bool, poll: bool, port: int, **_: Any) -> None:
        people = read_content("people")
        if not (if_empty and (User.objects.exists() or Site.objects.count() > 1)):
            try:
                with host_lock():
                    for key in SITES:
                        self.create_site(read_content(key))
                    for person in people:
                        self.create_person(**person)
            except ValidationError as error:
                raise usage_error(f"Nothing was changed: {' '.join(error.messages)}") from None
            if poll:
                with suppress(SystemExit):  # it has printed what failed; the demo works without posts
                    call_command("poll_twitter", stdout=self.stdout)
        self.print_addresses(port, people)

    def create_site(self, content: dict[str, Any]) -> None:
        site = content["site"]
        profile = SiteProfile.objects.filter(key=site["key"]).first()
        if profile is None:
            first = self.untouched_first_site()
            taken = host_owners(["localhost"], besides={first.site_id} if first else set())
            site["aliases"] = [a for a in site["aliases"] if isinstance(a, str) or a["host"] not in taken]
            row = write_site(specification_from(site), first, exceptions=DECLARED)
        elif profile.site.domain == site["domain"]:
            row = profile.site
        else:
            raise ValidationError(f"The key {profile.key} belongs to {profile.site.domain}, which is not a demo site.")
        with use_site(row):
            if not Page.objects.exists():
                fill_site(content)
                set_logo(row.profile, content["logo"])

    def create_person(self, *, username: str, name: str, roles: dict[str, str]) -> None:
        user, is_new = User.objects.get_or_create(
            username=username,
            defaults={"first_name": name, "is_superuser": not roles, "email": f"{username}@localhost"},
        )
        if is_new:
            user.set_password(username)  # printed on every start: the demo has no secrets
            user.save()
        for key, role in roles.items():
            with use_site(SiteProfile.objects.get(key=key).site):
                Membership.objects.get_or_create(user=user, defaults={"role": Group.objects.get(name=role)})

    def untouched_first_site(self) -> SiteProfile | None:
        """The site of the first migration, if it is unused: the demo takes it over rather than leave it empty."""
        site = Site.objects.filter(pk=settings.DEFAULT_SITE_ID, domain=settings.SITE_DOMAIN).first()
        if site is None or site.name != settings.SITE_DOMAIN:
            return None
        with use_site(site):
            used = Page.objects.exists() or Membership.objects.exists() or site.aliases.exists()
        return None if used else site.profile

    def print_addresses(self, port: int, people: list[dict[str, Any]]) -> None:
        """The addresses and the sign-ins, for the person who just typed `make run`."""
        self.stdout.write("")
        for site in Site.objects.filter(profile__state="active").order_by("pk")[:20]:
            self.stdout.write(f"  http://{site.domain}:{port}/".ljust(38) + site.name)
        if User.objects.filter(username__in=[person["username"] for person in people]).exists():
            self.stdout.write("\n  Admin: /admin/ on any site. The password of each demo user is the user name:")
            for person in people:
                self.stdout.write(
                    f"    {person['username'].ljust(6)} edits {', '.join(person['roles']) or 'everything'}"
                )
        self.stdout.write("")
