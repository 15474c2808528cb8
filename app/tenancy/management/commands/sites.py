from __future__ import annotations

import json
from typing import Any

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from app.tenancy.directory import ACTIVE, ARCHIVED, SUSPENDED
from app.tenancy.lookup import NoSuchSite, find
from app.tenancy.management.errors import Refusal
from app.tenancy.models import Alias, SiteProfile
from app.tenancy.sites import output as listing
from app.tenancy.sites import validation as hosts
from app.tenancy.sites.reachability import ask

STATES = {"suspend": SUSPENDED, "activate": ACTIVE, "archive": ARCHIVED}
COLUMNS = ("id", "key", "domain", "name", "state", "aliases", "theme")


class Command(BaseCommand):
    help = "Shows and changes sites. A change is served within SITES_REFRESH_SECONDS, without a restart."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = actions.add_parser("list", help="all sites")
        listed.add_argument("--json", action="store_true")
        show = actions.add_parser("show", help="one site")
        show.add_argument("site", help="id, domain or alias")
        show.add_argument("--json", action="store_true")
        add = actions.add_parser("add", help="make a site")
        add.add_argument("domain")
        add.add_argument("--name", help="default: the domain")
        add.add_argument("--key", help="a short name that never changes; default: from the domain")
        add.add_argument("--alias", action="append", default=[], metavar="HOST")
        add.add_argument("--theme", default="")
        add.add_argument("--colour", default="", help="such as #1f6f5c")
        add.add_argument("--json", action="store_true")
        alias = actions.add_parser("alias", help="add or remove an alias")
        alias.add_argument("site", help="id, domain or alias")
        alias.add_argument("host", help="a host, or *.example.org")
        alias.add_argument("--no-redirect", action="store_true", help="serve the site here instead of redirecting")
        alias.add_argument("--remove", action="store_true")
        for action, state in STATES.items():
            change = actions.add_parser(action, help=f"make a site {state}")
            change.add_argument("site", help="id, domain or alias")
        check = actions.add_parser("check", help="ask domains over HTTP whether they arrive here")
        check.add_argument("site", nargs="?", help="id, domain or alias; default: all active sites")
        check.add_argument("--scheme", choices=("https", "http"), default="https")
        check.add_argument("--port", type=int)
        check.add_argument("--via", metavar="ADDRESS", help="ask this address instead of what DNS says")
        check.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}", self.do_state)(action=action, **options)
        except NoSuchSite as error:
            raise Refusal(str(error)) from None
        except ValidationError as error:
            raise Refusal(" ".join(error.messages)) from None

    def do_list(self, *, json: bool, **_: Any) -> None:
        self.show(listing.all_facts(), json)

    def do_show(self, *, site: str, json: bool, **_: Any) -> None:
        self.show(listing.facts(row_of(site)), json)

    @transaction.atomic
    def do_add(
        self, *, domain: str, name: str | None, key: str | None, alias: list[str], theme: str, colour: str,
        json: bool, **_: Any,
    ) -> None:  # fmt: skip
        hosts.lock()
        domain = hosts.clean_domain(domain)
        hosts.refuse_taken(domain, site_id=None)
        if key and SiteProfile.objects.filter(key=key).exists():
            raise ValidationError(f"The key {key} is taken.")
        row = Site(domain=domain, name=name or domain[:50])
        row.full_clean()
        row.save()
        profile = SiteProfile.objects.get(site=row)
        profile.key, profile.theme, profile.colour = key or profile.key, theme, colour
        profile.full_clean()
        profile.save()
        for raw in alias:
            add_alias(row, raw, redirect=True)
        self.show(listing.facts(row_of(str(row.pk))), json)

    @transaction.atomic
    def do_alias(self, *, site: str, host: str, no_redirect: bool, remove: bool, **_: Any) -> None:
        hosts.lock()
        row = row_of(site)
        if not remove:
            add_alias(row, host, redirect=not no_redirect)
        elif not Alias.objects.filter(site=row, host=hosts.clean_alias(host)).delete()[0]:
            raise ValidationError(f"{host} is no alias of {row.domain}.")
        self.show(listing.facts(row_of(str(row.pk))), as_json=False)

    def do_state(self, *, action: str, site: str, **_: Any) -> None:
        row = row_of(site)
        row.profile.state = STATES[action]
        row.profile.save()
        self.show(listing.facts(row), as_json=False)

    def do_check(
        self, *, site: str | None, scheme: str, port: int | None, via: str | None, timeout: float, **_: Any
    ) -> None:
        rows = [row_of(site)] if site else list(Site.objects.filter(profile__state=ACTIVE).order_by("pk"))
        faults = 0
        for row in rows:
            for arrival in ask(row, scheme=scheme, port=port, via=via, timeout=timeout):
                faults += bool(arrival.fault)
                self.stdout.write(f"{arrival.host}: {arrival.fault or 'arrives here'}")
        if faults:
            raise CommandError(f"{faults} hosts do not arrive here.", returncode=1)

    def show(self, what: Any, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(what, indent=2, ensure_ascii=False))
            return
        for line in listing.table(what if isinstance(what, list) else [what], COLUMNS):
            self.stdout.write(line)


def row_of(wanted: str) -> Site:
    """Raises `NoSuchSite`."""
    return Site.objects.select_related("profile").prefetch_related("aliases").get(pk=find(wanted).id)


def add_alias(site: Site, raw: str, *, redirect: bool) -> None:
    host = hosts.clean_alias(raw)
    if host == site.domain:
        raise ValidationError(f"{host} is the site's own domain.")
    hosts.refuse_taken(host, site_id=site.pk)
    Alias.objects.update_or_create(site=site, host=host, defaults={"redirect": redirect})
