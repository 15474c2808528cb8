"""`manage.py`: any command for one site (`--site=ID`, `--site=DOMAIN`), or once per active site (`--all-sites`)."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence

import django
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.db import DatabaseError, OperationalError, connection

from app.env import InvalidEnvironment
from app.extra_apps import AppCannotStart, naming_the_app
from app.postgresql.row_security.errors import UnboundRole
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.management.errors import USAGE_ERROR
from app.tenancy.management.overview import execute_from_command_line


class CommandLineError(Exception):
    """The command line cannot be carried out; the message says what to do."""


def main(argv: Sequence[str]) -> int:
    """Runs a command line and returns its exit status. Exit status 2: a fault of the environment or the site."""
    if os.getpid() == 1:
        # The kernel drops a signal that a container's first process has no handler for.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        rest, wanted, every = extract_site_options(argv)
        if wanted is not None and wanted.isdigit():
            os.environ["MEZZANINE_SITE_ID"] = wanted
            os.environ.pop("MEZZANINE_SITE_ID_FILE", None)
        named = settings.MEZZANINE_SITE_ID  # reads the environment, so that its faults are reported here
        if wanted is None and not every:
            wanted = os.environ.get("MEZZANINE_SITE_ID") or (str(named) if named else None)
        if wanted is None and not every:
            set_up()
            execute_from_command_line(rest)
            return 0
        set_up()
        refuse_unreadable_sites(f"site {wanted}" if wanted else "active sites")
        return run_for_all(rest) if every else run_for_one(rest, wanted or "")
    except (InvalidEnvironment, AppCannotStart, CommandLineError, UnboundRole) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    except OperationalError as error:
        if connection.connection is not None:
            raise  # the database responded: the traceback shows which query failed
        sys.stderr.write(f"The database cannot be reached: {first_line(error)}\n")
        return USAGE_ERROR
    except DirectoryUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR


def set_up() -> None:
    naming_the_app(django.setup)
    keep_what_is_loaded()


def keep_what_is_loaded() -> None:
    """Ends what `manage.py` begins: while the apps are loaded, no garbage is collected.

    Nearly all that is created then stays until the process ends. Looking through it hundreds of times took a tenth of
    the time until a command runs; it is not looked through later either.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def extract_site_options(argv: Sequence[str]) -> tuple[list[str], str | None, bool]:
    """The arguments without `--site` and `--all-sites`, and the values of those. Raises `CommandLineError`."""
    rest: list[str] = []
    wanted: str | None = None
    every = False
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--":
            rest += [argument, *arguments]
        elif argument == "--all-sites":
            every = True
        elif argument == "--site" or argument.startswith("--site="):
            wanted = argument.removeprefix("--site=") if "=" in argument else next(arguments, "")
            if not wanted:
                raise CommandLineError("--site needs a site's id, domain or key: --site=2, --site=north.example.")
        else:
            rest.append(argument)
    if every and wanted is not None:
        raise CommandLineError("Give --site or --all-sites, not both.")
    return rest, wanted, every


def refuse_unreadable_sites(wanted: str) -> None:
    """Raises `CommandLineError` if the sites cannot be read: the database is away, or has no tables yet."""
    from app.tenancy.directory import SiteTables

    try:
        SiteTables().look(None)
    except DatabaseError as error:
        hint = (
            ""
            if connection.connection is None
            else " Without MEZZANINE_SITE_ID and --site, migrate creates its tables."
        )
        raise CommandLineError(f"The {wanted} cannot be looked up: {first_line(error)}.{hint}") from None


def label_of_app(argv: Sequence[str]) -> str:
    """The label of the app that has the command; empty for Django's own commands and for one that does not exist."""
    name = get_commands().get(argv[1], "") if len(argv) > 1 else ""
    return next((config.label for config in apps.get_app_configs() if config.name == name), "")


def first_line(error: DatabaseError) -> str:
    """Hints, and a line for each address that was tried, follow it."""
    return str(error).strip().splitlines()[0]


def run_for_one(argv: list[str], wanted: str) -> int:
    # Models exist only after django.setup(), so the modules that need them are imported here.
    from app.tenancy.current import use_site
    from app.tenancy.directory import find_site
    from app.tenancy.site_apps import is_on

    try:
        site = find_site(wanted)
    except LookupError as error:
        raise CommandLineError(str(error)) from None
    label = label_of_app(argv)
    if not is_on(label, site):
        raise CommandLineError(f"The app {label!r} is off on {site.domain}: `apps` in the site's settings turns it on.")
    os.environ["MEZZANINE_SITE_ID"] = str(site.id)
    settings.MEZZANINE_SITE_ID = site.id
    with use_site(site):
        execute_from_command_line(argv)
    return 0


def run_for_all(argv: list[str]) -> int:
    """Once per active site that has the command's app, in the order of their ids; one site's failure does not stop
    the next."""
    from app.tenancy.current import use_site
    from app.tenancy.site_apps import sites_with

    worst = 0
    for site in sites_with(label_of_app(argv)):
        sys.stderr.write(f"--- {site.domain} ({site.id})\n")
        sys.stderr.flush()
        try:
            with use_site(site):
                execute_from_command_line(argv)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
            worst = max(worst, status)
    return worst
