from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.management.exceptions import add_exception_options, exceptions_of
from app.tenancy.management.values import count, standard_input
from app.tenancy.sites.declarations import InvalidDeclaration, parse
from app.tenancy.sites.domains.claims import DECLARED
from app.tenancy.sites.sync import sync

MAX_LINES = 50


class Command(BaseCommand):
    help = (
        "Makes the sites equal to a YAML or JSON file: adds and changes sites, prints the differences, and with "
        "--prune archives sites that are no longer declared. All or nothing; exit status 2 if the file is invalid."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(
            parser, "manage.py sync_sites sites.yaml --dry-run", "manage.py sync_sites sites.yaml --prune --max-prune=3"
        )
        parser.add_argument("file", help="the file; - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="print the differences and change nothing")
        parser.add_argument("--prune", action="store_true", help="archive managed sites that are no longer declared")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the differences as JSON")
        parser.add_argument(
            "--max-prune",
            type=count,
            metavar="N",
            help="refuse to archive more than N sites (default: a tenth of the managed ones, never all)",
        )
        parser.add_argument(
            "--adopt", action="store_true", help="take over sites with a declared key that no file manages yet"
        )
        parser.add_argument(
            "--keep-hosts",
            action="store_true",
            help="the old domain of a renamed site, and aliases that are no longer declared, stay as aliases that "
            "redirect; without it they no longer lead to the site",
        )
        add_exception_options(parser)

    def handle(
        self,
        *,
        file: str,
        dry_run: bool,
        prune: bool,
        max_prune: int | None,
        adopt: bool,
        keep_hosts: bool,
        as_json: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        try:
            text = standard_input().read() if file == "-" else Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise usage_error(f"{file} cannot be read: {error}") from None
        try:
            plan = sync(
                parse(text),
                prune=prune,
                max_prune=max_prune,
                adopt=adopt,
                keep_hosts=keep_hosts,
                dry_run=dry_run,
                exceptions=DECLARED | exceptions_of(options),
            )
        except InvalidDeclaration as error:
            problems = "\n".join(f"  {problem}" for problem in error.problems)
            raise usage_error(f"{file} was not applied; nothing was changed.\n{problems}") from None
        if as_json:
            self.stdout.write(json.dumps({**plan.as_dict(), "dry_run": dry_run}, indent=2, ensure_ascii=False))
            return
        lines = plan.lines()
        shown = lines if verbosity > 1 else lines[:MAX_LINES]
        more = [f"... and {len(lines) - len(shown)} more; -v 2 prints all"] if len(shown) < len(lines) else []
        self.stdout.write("\n".join([*shown, *more, *(["Dry run, nothing was changed."] * dry_run), plan.summary()]))
