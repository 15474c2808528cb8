"""Creates, updates and deletes the routes of sites that the values of the chart do not list."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.routes.cluster.api import ACCOUNT, SERVER, ApiServer
from app.routes.run import Options, Run
from app.routes.template import BadTemplate, RouteTemplate
from app.tenancy.management.examples import add_examples


class Command(BaseCommand):
    help = (
        "Keeps a route in the cluster for each site that is not declared. Declared sites are those in the values of "
        "the chart, which starts this command (routes.reconcile.enabled). Runs until it is ended."
    )
    # The release checks; a database that is away must not end this process.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_examples(parser, "manage.py reconcile_routes /etc/colonnade/route-template.json")
        parser.add_argument("template", type=Path, help="the template of routes that the chart makes")
        parser.add_argument("--server", default=SERVER, help="the API server")
        parser.add_argument(
            "--account", type=Path, default=ACCOUNT, help="the folder with token, ca.crt and namespace of the account"
        )
        parser.add_argument(
            "--allow-mass-removal",
            action="store_true",
            help="also remove routes when most of the sites would lose theirs at a time",
        )

    def handle(
        self, *_: Any, template: Path, server: str, account: Path, allow_mass_removal: bool, **__: Any
    ) -> None:  # Any: Django's
        try:
            filled = RouteTemplate.read(template)
            api = ApiServer(server, account)
        except BadTemplate as error:
            raise CommandError(str(error), returncode=2) from None
        except OSError as error:
            message = (
                f"{account} is no folder of a service account ({error.strerror}). Run this command in the cluster."
            )
            raise CommandError(message, returncode=2) from None
        options = Options(allow_mass_removal, Path(tempfile.gettempdir()) / "reconcile-routes")
        run = Run(api, filled, f"{socket.gethostname()}_{os.getpid()}_{secrets.token_hex(4)}", options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: run.end())
        run.forever()
