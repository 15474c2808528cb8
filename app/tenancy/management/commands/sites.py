from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.tenancy.directory import NoSuchSite, find_site
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.management.exceptions import add_exception_options, add_proof_option, exceptions_of
from app.tenancy.management.site_values import add_value_options, given_values
from app.tenancy.management.values import address, port, seconds
from app.tenancy.sites.domains.claims import NO_EXCEPTIONS, Exceptions
from app.tenancy.sites.domains.dns import DnsFault
from app.tenancy.sites.domains.proof import NotProved
from app.tenancy.sites.domains.quarantine import quarantined as find_quarantined
from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.output import as_dict, as_row, domain_rows, how_to_prove, pending_by_site, table
from app.tenancy.sites.reachability.report import Name, Step
from app.tenancy.sites.reachability.routes import routes
from app.tenancy.sites.specification import SiteSpecification, renamed, specification_of, specify
from app.tenancy.sites.validation import clean_alias, clean_domain
from app.tenancy.sites.verification import verify
from app.tenancy.sites.write import free_key, host_lock, write_site

if TYPE_CHECKING:  # it reads certificates, with a library that only `sites check` needs
    from app.tenancy.sites.reachability.check import Target

State = SiteProfile.State
STATES = {"suspend": State.SUSPENDED, "activate": State.ACTIVE, "archive": State.ARCHIVED}
EXAMPLES = {
    "list": "list",
    "show": "show school.example --json",
    "add": 'add school.example --name "Our school" --alias www.school.example --colour "#2b6a4d"',
    "set": "set school.example --theme portico --option font=sans --setting 'tagline=\"Open to all\"'",
    "rename": "rename school.example school.test",
    "alias": 'alias school.example "*.school.example" --no-redirect',
    "verify": "verify www.school.example",
    "domains": "domains --quarantined",
    "check": "check school.example --via 10.0.0.7",
    **{action: f"{action} school.example" for action in STATES},
}
COLUMNS = ("id", "key", "domain", "name", "state", "aliases", "theme")


class Command(BaseCommand):
    help = "Lists, adds and changes sites. A change is served within SITES_REFRESH_SECONDS, without a restart."

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, *(f"manage.py sites {EXAMPLES[name]}" for name in ("add", "check", "list")))
        actions = parser.add_subparsers(required=True, metavar="ACTION")

        def action(name: str, run: Any, help_text: str, *, site: str = "id, domain, alias or key") -> CommandParser:
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
            add_value_options(parser_of_values, with_removal=parser_of_values is change)
        rename = action("rename", self.rename, "give a site another domain; the old one stays as a redirecting alias")
        rename.add_argument("domain")
        rename.add_argument("--drop-old", action="store_true", help="do not keep the old domain as an alias")
        alias = action("alias", self.alias, "add or remove an alias")
        alias.add_argument("host", help="a host, or *.example.org")
        alias.add_argument("--no-redirect", action="store_true", help="serve the site here instead of redirecting")
        alias.add_argument("--remove", action="store_true")
        for writer in (add, rename, alias):
            add_exception_options(writer)
            add_proof_option(writer)
        verification = action("verify", self.verify, "look up the TXT record of a domain, and serve it", site="")
        verification.add_argument("host", help="a domain or alias that is pending")
        add_proof_option(verification)
        domains = action("domains", self.list_domains, "list domains, aliases, and hosts in quarantine", site="")
        domains.add_argument("site", nargs="?", help="id, domain, alias or key; default: all sites")
        domains.add_argument(
            "--quarantined", action="store_true", help="only hosts that a site gave up a short time ago"
        )
        for name, state in STATES.items():
            action(name, self.set_state, f"make a site {state.value}").set_defaults(state=state.value)
        check = action(
            "check", self.check_sites, "find out whether domains lead to their sites: DNS, TLS, proxy", site=""
        )
        check.add_argument("site", nargs="?", help="id, domain, alias or key; default: all active sites")
        check.add_argument("--scheme", choices=("https", "http"), default="https")
        check.add_argument("--port", type=port)
        check.add_argument(
            "--via", type=address, metavar="ADDRESS", help="connect to this address instead of the one in DNS"
        )
        check.add_argument("--timeout", type=seconds, default=5.0, metavar="SECONDS")
        for printing in (listing, show, add, change, rename, domains, check):
            printing.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, run: Any, **options: Any) -> None:
        try:
            run(**options)
        except NoSuchSite as error:
            raise usage_error(str(error)) from None
        except ValidationError as error:
            raise usage_error(" ".join(error.messages)) from None

    def list_sites(self, *, as_json: bool, **_: Any) -> None:
        pending = pending_by_site()
        if as_json:
            self.write_json([as_dict(site, pending) for site in _rows(None)])
        else:
            self.write_table([as_row(site, pending) for site in _rows(None)], COLUMNS)

    def show(self, *, site: str, as_json: bool, **_: Any) -> None:
        row = _row(site)
        self.print(row, as_json, routes.of([row.pk]).get(row.pk))

    def add(self, *, domain: str, aliases: list[str], as_json: bool, **options: Any) -> None:
        with host_lock():
            host = clean_domain(domain)
            values = {"key": free_key(host), **given_values(options, SiteSpecification())}
            site = specify(domain=host, aliases=[(alias, True) for alias in aliases], **values)
            added = write_site(site, exceptions=exceptions_of(options))
        self.print(added, as_json)

    def set_values(self, *, site: str, as_json: bool, **options: Any) -> None:
        def with_values(stored: SiteSpecification) -> SiteSpecification:
            values = given_values(options, stored)
            if not values:
                raise usage_error("Nothing to change: give --name, --theme, --colour, --app, --option or --setting.")
            return specify(stored, **values)

        self.change(site, with_values, as_json=as_json)

    def rename(self, *, site: str, domain: str, drop_old: bool, as_json: bool, **options: Any) -> None:
        old = _row(site).domain

        def with_domain(stored: SiteSpecification) -> SiteSpecification:
            return renamed(stored, domain, keep_old=not drop_old)

        new = self.change(site, with_domain, as_json=as_json, exceptions=exceptions_of(options)).domain
        if new != old and not as_json:
            said = "no longer leads to this site" if drop_old else f"stays as an alias that redirects to {new}"
            self.stdout.write(f"{old} {said}.")

    def alias(self, *, site: str, host: str, no_redirect: bool, remove: bool, **options: Any) -> None:
        def with_alias(stored: SiteSpecification) -> SiteSpecification:
            alias = clean_alias(host)
            others = {other: redirects for other, redirects in stored.aliases.items() if other != alias}
            if not remove:
                return specify(stored, aliases=[*others.items(), (alias, not no_redirect)])
            if len(others) == len(stored.aliases):
                raise ValidationError(f"{alias} is not an alias of {stored.domain}.")
            return specify(stored, aliases=others.items())

        self.change(site, with_alias, exceptions=exceptions_of(options))

    def verify(self, *, host: str, without_proof: bool, **_: Any) -> None:
        name = clean_alias(host)
        try:
            served = verify(name, without_proof=without_proof)
        except LookupError:
            raise usage_error(f"{name} is not a host of any site.") from None
        except (NotProved, DnsFault) as fault:
            raise CommandError(str(fault), returncode=1) from None
        for proved in served:
            self.stdout.write(f"{proved} is verified, and served from now on.")
        if not served:
            self.stdout.write(f"{name} needs no proof; nothing was changed.")

    def list_domains(self, *, site: str | None, quarantined: bool, as_json: bool, **_: Any) -> None:
        sites = _rows(site)
        given_up = [entry for entry in find_quarantined() if site is None or entry.site_id == sites[0].pk]
        rows = domain_rows([] if quarantined else sites, given_up)
        if as_json:
            self.write_json(rows)
        else:
            self.write_table(rows, ("host", "site", "state", "until"))

    def set_state(self, *, site: str, state: str, **_: Any) -> None:
        self.change(site, lambda stored: specify(stored, state=state))

    def change(self, wanted: str, make: Any, *, as_json: bool = False, exceptions: Exceptions = NO_EXCEPTIONS) -> Site:
        with host_lock():
            profile = _row(wanted).profile
            site = write_site(make(specification_of(profile)), profile, exceptions=exceptions)
        # After the commit: output that cannot be written, to a pipe that is closed, must not take the change back.
        self.print(site, as_json)
        return site

    def check_sites(
        self,
        *,
        site: str | None,
        scheme: str,
        port: int | None,
        via: str | None,
        timeout: float,
        as_json: bool,
        **_: Any,
    ) -> None:
        from app.tenancy.sites.reachability.check import Way, check_hosts

        rows = [row for row in _rows(site) if site or row.profile.state == State.ACTIVE]
        reports = []
        known = routes.of([row.pk for row in rows])
        by_domain = {row.domain: known[row.pk] for row in rows if row.pk in known}
        for report in check_hosts(_targets(rows), Way(scheme, port, via, timeout)):
            if report.site in by_domain:
                report.add(Name.ROUTE, *by_domain[report.site])
            reports.append(report)
            if not as_json:
                self.stdout.write("\n".join(report.lines()))
        if as_json:
            self.write_json([report.as_dict() for report in reports])
        faults = sum(not report.is_ok for report in reports)
        if faults:
            raise CommandError(f"{faults} of {len(reports)} hosts do not lead to their site.", returncode=1)

    def print(self, site: Site, as_json: bool, route: Step | None = None) -> None:
        pending = pending_by_site()
        if as_json:
            known = {} if route is None else {"route": {"state": str(route.state), "text": route.text}}
            self.write_json(as_dict(site, pending) | known)
            return
        hints = [f"{host} is not served yet. {how_to_prove(site.pk, host)}" for host in pending.get(site.pk, ())]
        hints += [] if route is None else [f"Route: {route.text}"]
        self.stdout.write("\n".join([*table([as_row(site, pending)], COLUMNS), *hints]))

    def write_table(self, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
        self.stdout.write("\n".join(table(rows, columns)))

    def write_json(self, content: object) -> None:
        self.stdout.write(json.dumps(content, indent=2, ensure_ascii=False))


def _row(wanted: str) -> Site:
    """Raises `NoSuchSite`."""
    return Site.objects.select_related("profile").prefetch_related("aliases").get(pk=find_site(wanted).id)


def _rows(wanted: str | None) -> list[Site]:
    """The named site, or all of them. Raises `NoSuchSite`."""
    if wanted is not None:
        return [_row(wanted)]
    return list(Site.objects.select_related("profile").prefetch_related("aliases").order_by("pk"))


def _targets(sites: Iterable[Site]) -> Iterator[Target]:
    """The hosts of the sites, except wildcards, which have no single host to request."""
    from app.tenancy.sites.reachability.check import Target

    pending = pending_by_site()
    for site in sites:
        aliases = sorted(alias.host for alias in site.aliases.all() if not alias.host.startswith("*."))
        for host in (site.domain, *aliases):
            proof = how_to_prove(site.pk, host) if host in pending.get(site.pk, ()) else ""
            yield Target(host, site.pk, site.domain, site.profile.state, proof)
