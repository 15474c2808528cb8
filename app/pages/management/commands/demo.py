from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from app.accounts.models import User
from app.pages.demo import PEOPLE, SITES, DemoSite
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.management.errors import usage_error
from app.tenancy.models import Membership, SiteProfile
from app.tenancy.sites.specification import specify
from app.tenancy.sites.write import host_lock, write_site
from app.twitter.models import Feed


class Command(BaseCommand):
    help = "Create three sites, each with pages, an alias and a feed, and three users. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing if the database already has sites or users."
        )
        parser.add_argument("--port", default="8000", help="Port in the printed addresses (default: 8000).")

    def handle(self, *, if_empty: bool, port: str, **_: Any) -> None:
        if not (if_empty and (User.objects.exists() or Site.objects.count() > 1)):
            try:
                with host_lock():
                    self.create()
            except ValidationError as error:
                raise usage_error(f"Nothing was changed: {' '.join(error.messages)}") from None
        self.print_addresses(port)

    def create(self) -> None:
        sites = {demo.key: self.site(demo) for demo in SITES}
        for username, name, roles in PEOPLE:
            user, is_new = User.objects.get_or_create(
                username=username,
                defaults={"first_name": name, "is_superuser": not roles, "email": f"{username}@localhost"},
            )
            if is_new:
                user.set_password(username)  # printed on every start: the demo has no secrets
                user.save()
            for key, role in roles.items():
                with use_site(sites[key]):
                    Membership.objects.get_or_create(user=user, defaults={"role": Group.objects.get(name=role)})

    def site(self, demo: DemoSite) -> Site:
        profile = SiteProfile.objects.filter(key=demo.key).first()
        if profile is None:
            profile = self.untouched_first_site()
            wanted = specify(
                key=demo.key,
                domain=demo.domain,
                name=demo.name,
                theme="portico",
                colour=demo.colour,
                aliases=[(demo.alias, True)],
            )
            site = write_site(wanted, profile)
        elif profile.site.domain == demo.domain:
            site = profile.site
        else:
            raise ValidationError(f"The key {demo.key} belongs to {profile.site.domain}, which is not a demo site.")
        with use_site(site):
            if not Page.objects.exists():
                self.pages(demo)
                kind, value = demo.feed
                Feed.objects.get_or_create(kind=kind, value=value, defaults={"is_default": True})
        return site

    def untouched_first_site(self) -> SiteProfile | None:
        """The site of the first migration, if it is unused: the demo takes it over rather than leave it empty."""
        site = Site.objects.filter(pk=settings.DEFAULT_SITE_ID, domain=settings.SITE_DOMAIN).first()
        if site is None or site.name != settings.SITE_DOMAIN:
            return None
        with use_site(site):
            used = Page.objects.exists() or Membership.objects.exists() or site.aliases.exists()
        return None if used else site.profile

    def pages(self, demo: DemoSite) -> None:
        created: dict[str, Page] = {}
        for position, page in enumerate(demo.pages):
            created[page.slug] = Page.objects.create(
                title=page.title, slug=page.slug, body=page.body, description=page.description,
                parent=created[page.parent] if page.parent else None, position=position,
                in_menus=bool(page.slug),
                status=Page.Status.DRAFT if page.draft else Page.Status.PUBLISHED,
            )  # fmt: skip

    def print_addresses(self, port: str) -> None:
        """Prints the addresses and the users of the demo."""
        demo_people = User.objects.filter(username__in=[name for name, _, _ in PEOPLE])
        self.stdout.write("")
        for site in Site.objects.filter(profile__state="active").order_by("pk")[:20]:
            self.stdout.write(f"  http://{site.domain}:{port}/".ljust(38) + site.name)
        if demo_people.exists():
            self.stdout.write("\n  Admin: /admin/ on any site. The password of each demo user is the user name:")
            for username, _, roles in PEOPLE:
                keys = ", ".join(roles) if roles else "all sites"
                self.stdout.write(f"    {username.ljust(6)} edits {keys}")
        self.stdout.write("")
