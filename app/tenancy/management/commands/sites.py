from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.tenancy.directory import NoSuchSite, find_site
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.output import as_dict, as_row, table
from app.tenancy.sites.reachability import check_hosts
from app.tenancy.sites.specification import SiteSpecification, renamed, specification_of, specify
from app.tenancy.sites.validation import clean_alias, clean_domain
from app.tenancy.sites.write import free_key, host_lock, write_site

State = SiteProfile.State
STATES = {"suspend": State.SUSPENDED, "activate": State.ACTIVE, "archive": State.ARCHIVED}
EXAMPLES = {
    "list": "list",
    "show": "show school.example --json",
    "add": 'add school.example --name "Our school" --alias www.school.example --colour "#2b6a4d"',
    "set": "set school.example --theme portico --setting 'tagline=\"Open to all\"'",
    "rename": "rename school.example school.test",
    "alias": 'alias school.example "*.school.example" --no-redirect',
    "check": "check school.example --via 10.0.0.7",
    **{action: f"{action} school.example" for action in STATES},
}
COLUMNS = ("id", "key", "domain", "name", "state", "aliases", "theme")


class Command(BaseCommand):
    help = "Lists, adds and changes sites. A change is served within SITES_REFRESH_SECONDS, without a restart."

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, *(f"manage.py sites {EXAMPLES[name]}" for name in ("add", "check", "list")))
        actions = parser.add_subparsers(required=True, metavar="ACTION")

        def action(name: str, run: Any, help_text: str, *, site: str = "id, domain or alias") -> CommandParser:
            added: CommandParser = actions.add_parser(name, help=help_text)
            added.set_defaults(run=run)
            add_examples(added, f"manage.py sites {EXAMPLES[name]}")
            if site:
                added.add_argument("site", help=site)
            return added

        listing = action("list", self.list_sites, "list all sites", site="")
        show = action("show", self.show, "show one site")
        add = action("add", self.add, "add a site", site="")
        add.add_argument("domain")
        add.add_argument("--name", help="default: the domain")
        add.add_argument("--key", help="a short name that never changes; default: made from the domain")
        add.add_argument("--alias", action="append", default=[], metavar="HOST", dest="aliases")
        change = action("set", self.set_values, "change values of a site")
        change.add_argument("--name")
        for parser_of_values in (add, change):
            parser_of_values.add_argument("--theme", help="a theme's name; empty for the default")
            parser_of_values.add_argument("--colour", help="such as #1f6f5c")
            parser_of_values.add_argument(
                # Not "settings": that is Django's own option.
                "--setting",
                action="append",
                type=_setting,
                metavar="NAME=JSON",
                dest="site_settings",
                default=[],
            )
        rename = action("rename", self.rename, "give a site another domain; the old one stays as a redirecting alias")
        rename.add_argument("domain")
        rename.add_argument("--drop-old", action="store_true", help="do not keep the old domain as an alias")
        alias = action("alias", self.alias, "add or remove an alias")
        alias.add_argument("host", help="a host, or *.example.org")
        alias.add_argument("--no-redirect", action="store_true", help="serve the site here instead of redirecting")
        alias.add_argument("--remove", action="store_true")
        for name, state in STATES.items():
            action(name, self.set_state, f"make a site {state.value}").set_defaults(state=state.value)
        check = action("check", self.check_sites, "request domains over HTTP and see whether they lead here", site="")
        check.add_argument("site", nargs="?", help="id, domain or alias; default: all active sites")
        check.add_argument("--scheme", choices=("https", "http"), default="https")
        check.add_argument("--port", type=int)
        check.add_argument("--via", metavar="ADDRESS", help="connect to this address instead of the one in DNS")
        check.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
        for writer in (listing, show, add, change, rename):
            writer.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, run: Any, **options: Any) -> None:
        try:
            run(**options)
        except NoSuchSite as error:
            raise usage_error(str(error)) from None
        except ValidationError as error:
            raise usage_error(" ".join(error.messages)) from None

    def list_sites(self, *, as_json: bool, **_: Any) -> None:
        sites = Site.objects.select_related("profile").prefetch_related("aliases").order_by("pk")
        self.print(sites, as_json)

    def show(self, *, site: str, as_json: bool, **_: Any) -> None:
        self.print(_row(site), as_json)

    def add(self, *, domain: str, aliases: list[str], as_json: bool, **options: Any) -> None:
        with host_lock():
            host = clean_domain(domain)
            values = {"key": free_key(host), **_given(options)}
            site = specify(domain=host, aliases=[(alias, True) for alias in aliases], **values)
            self.print(write_site(site), as_json)

    def set_values(self, *, site: str, as_json: bool, **options: Any) -> None:
        values = _given(options)
        if not values:
            raise usage_error("Nothing to change: give --name, --theme, --colour or --setting.")
        settings = values.pop("settings", None)

        def with_values(stored: SiteSpecification) -> SiteSpecification:
            changed = {} if settings is None else {"settings": {**stored.settings, **settings}}
            return specify(stored, **values, **changed)

        self.change(site, with_values, as_json=as_json)

    def rename(self, *, site: str, domain: str, drop_old: bool, as_json: bool, **_: Any) -> None:
        old = _row(site).domain
        new = self.change(site, lambda stored: renamed(stored, domain, keep_old=not drop_old), as_json=as_json).domain
        if new != old and not as_json:
            said = "no longer leads to this site" if drop_old else f"stays as an alias that redirects to {new}"
            self.stdout.write(f"{old} {said}.")

    def alias(self, *, site: str, host: str, no_redirect: bool, remove: bool, **_: Any) -> None:
        def with_alias(stored: SiteSpecification) -> SiteSpecification:
            alias = clean_alias(host)
            others = {other: redirects for other, redirects in stored.aliases.items() if other != alias}
            if not remove:
                return specify(stored, aliases=[*others.items(), (alias, not no_redirect)])
            if len(others) == len(stored.aliases):
                raise ValidationError(f"{alias} is not an alias of {stored.domain}.")
            return specify(stored, aliases=others.items())

        self.change(site, with_alias)

    def set_state(self, *, site: str, state: str, **_: Any) -> None:
        self.change(site, lambda stored: specify(stored, state=state))

    def change(self, wanted: str, make: Any, *, as_json: bool = False) -> Site:
        with host_lock():
            profile = _row(wanted).profile
            site = write_site(make(specification_of(profile)), profile)
            self.print(site, as_json)
        return site

    def check_sites(
        self, *, site: str | None, scheme: str, port: int | None, via: str | None, timeout: float, **_: Any
    ) -> None:
        rows = [_row(site)] if site else list(Site.objects.filter(profile__state=State.ACTIVE).order_by("pk"))
        faults = 0
        for row in rows:
            for result in check_hosts(row, scheme=scheme, port=port, via=via, timeout=timeout):
                faults += bool(result.fault)
                self.stdout.write(f"{result.host}: {result.fault or 'ok'}")
        if faults:
            raise CommandError(f"{faults} hosts do not lead here.", returncode=1)

    def print(self, sites: Site | Iterable[Site], as_json: bool) -> None:
        if as_json:
            content = as_dict(sites) if isinstance(sites, Site) else [as_dict(site) for site in sites]
            self.stdout.write(json.dumps(content, indent=2, ensure_ascii=False))
            return
        for line in table([as_row(site) for site in ([sites] if isinstance(sites, Site) else sites)], COLUMNS):
            self.stdout.write(line)


def _row(wanted: str) -> Site:
    """Raises `NoSuchSite`."""
    return Site.objects.select_related("profile").prefetch_related("aliases").get(pk=find_site(wanted).id)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The values of a site that were on the command line."""
    values = {name: options.get(name) for name in ("key", "name", "theme", "colour")}
    values["settings"] = dict(options["site_settings"]) or None
    return {name: value for name, value in values.items() if value is not None}


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(text)
    return name, json.loads(value)
