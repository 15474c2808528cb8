from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from app.accounts.models import User
from app.pages.demo import PEOPLE, SITES, DemoSite
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.management.errors import Refusal
from app.tenancy.models import Alias, Membership, SiteProfile
from app.tenancy.sites import validation as hosts
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
                with transaction.atomic():
                    hosts.lock()
                    self.create()
            except ValidationError as error:
                raise Refusal(f"Nothing was created: {' '.join(error.messages)}") from None
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
        site = Site.objects.filter(profile__key=demo.key).first() or self.untouched_first_site() or Site()
        if site.pk is not None and site.profile.key == demo.key and site.domain != demo.domain:
            raise ValidationError(f"The key {demo.key} is already used by {site.domain}, which is not a demo site.")
        if site.pk is None or site.profile.key != demo.key:
            site.domain, site.name = demo.domain, demo.name
            site.save()
            SiteProfile.objects.filter(site=site).update(key=demo.key, colour=demo.colour, theme="portico")
        if not Alias.objects.filter(host=demo.alias).exists():
            hosts.refuse_taken(demo.alias, site_id=site.pk)
            Alias.objects.create(site=site, host=demo.alias)
        with use_site(site):
            if not Page.objects.exists():
                self.pages(demo)
                kind, value = demo.feed
                Feed.objects.get_or_create(kind=kind, value=value, defaults={"is_default": True})
        return site

    def untouched_first_site(self) -> Site | None:
        """The site that the first migration created, if it is still unused: it becomes the first demo site."""
        site = Site.objects.filter(pk=settings.DEFAULT_SITE_ID, domain=settings.SITE_DOMAIN).first()
        if site is None or site.name != settings.SITE_DOMAIN:
            return None
        with use_site(site):
            used = Page.objects.exists() or Membership.objects.exists() or site.aliases.exists()
        return None if used else site

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
