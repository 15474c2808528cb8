"""`manage.py`: any command for one site (`--site=ID`, `--site=DOMAIN`), or once per active site (`--all-sites`)."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence

import django
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, get_commands
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from app.env import InvalidEnvironment
from app.extra_apps import AppCannotStart, naming_the_app
from app.postgresql.row_security.errors import UnboundRole
from app.tenancy.hosts.unavailable import DirectoryUnavailable
from app.tenancy.management.errors import USAGE_ERROR
from app.tenancy.management.overview import execute_from_command_line


class CommandLineError(Exception):
    """The command line cannot be carried out; the message says what to do."""


class Terminated(SystemExit):
    """SIGTERM ended this process; other than another SystemExit, it is no failure of one site."""


#: These would be the same for each site; `main` reports them in a line.
OF_THE_PROCESS = (InvalidEnvironment, AppCannotStart, CommandLineError, UnboundRole, DirectoryUnavailable)


def main(argv: Sequence[str]) -> int:
    """Runs a command line and returns its exit status. Exit status 2: a fault of the environment or the site."""
    if os.getpid() == 1:
        # The kernel drops a signal that a container's first process has no handler for.
        signal.signal(signal.SIGTERM, terminate)
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
    except OF_THE_PROCESS as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    except OperationalError:
        try:
            require_database()
        except OperationalError as away:
            sys.stderr.write(f"The database cannot be reached: {first_line(away)}\n")
            return USAGE_ERROR
        raise  # the database responds: the traceback shows which query failed


def terminate(number: int, _frame: object) -> None:
    raise Terminated(128 + number)


def require_database() -> None:
    """Raises `OperationalError` if the database cannot be reached now.

    Whether it could is not known from an error of a command: Django closes the connections when a command ends.
    """
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    connection.ensure_connection()


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
    """Once per active site that has the command's app, in the order of their ids. Returns the highest exit status.

    One site's failure does not stop the next; its traceback goes to stderr. What would be the same for each site ends
    the run: the faults of `OF_THE_PROCESS`, and `OperationalError` when the database cannot be reached.
    """
    from app.tenancy.current import use_site
    from app.tenancy.site_apps import sites_with

    worst = 0
    for site in sites_with(label_of_app(argv)):
        sys.stderr.write(f"--- {site.domain} ({site.id})\n")
        sys.stderr.flush()
        try:
            with use_site(site):
                execute_from_command_line(argv)
        except Terminated:
            raise
        except SystemExit as stop:
            worst = max(worst, exit_status(stop))
        except OF_THE_PROCESS:
            raise
        except Exception as error:  # noqa: BLE001  # a command may raise anything; the other sites are run all the same
            if isinstance(error, DatabaseError | InterfaceError):
                require_database()
            traceback.print_exc(file=sys.stderr)
            sys.stderr.write(f"The command failed on {site.domain} ({site.id}).\n")
            worst = max(worst, error.returncode if isinstance(error, CommandError) else 1)
    return worst


def exit_status(stop: SystemExit) -> int:
    """The status that a process would end with; a text is written to stderr, as Python would."""
    if stop.code is None or isinstance(stop.code, int):
        return (stop.code or 0) & 0xFF
    sys.stderr.write(f"{stop.code}\n")
    return 1
