from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.tenancy.management.errors import Refusal
from app.tenancy.sites.declarations import InvalidDeclaration, parse
from app.tenancy.sites.write import sync


class Command(BaseCommand):
    help = (
        "Makes the sites that a YAML or JSON file declares: adds and changes rows, prints the difference, and "
        "archives with --prune what is declared no more. All or nothing; exit status 2 when the file cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The file; - for standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Print the difference and change nothing.")
        parser.add_argument(
            "--prune", action="store_true", help="Archive managed sites that the file does not declare."
        )
        parser.add_argument(
            "--max-prune", type=int, metavar="N",
            help="Refuse to archive more than N sites (default: a tenth of the managed ones, never all).",
        )  # fmt: skip
        parser.add_argument(
            "--adopt", action="store_true", help="Take over sites of the same key that were made otherwise."
        )

    def handle(self, *, file: str, dry_run: bool, prune: bool, max_prune: int | None, adopt: bool, **_: Any) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"{file} cannot be read: {error}") from None
        try:
            plan = sync(parse(text), prune=prune, max_prune=max_prune, adopt=adopt, dry_run=dry_run)
        except InvalidDeclaration as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            raise Refusal(f"{file} was not applied; nothing was changed.\n{lines}") from None
        for line in plan.lines():
            self.stdout.write(line)
        done = "would be" if dry_run else "were"
        self.stdout.write(
            f"{len(plan.added)} sites {done} added, {len(plan.changed)} changed, {len(plan.pruned)} archived; "
            f"{plan.unchanged} are as declared."
        )
