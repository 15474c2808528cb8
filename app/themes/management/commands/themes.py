from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.tenancy.directory import directory
from app.tenancy.management.errors import usage_error
from app.tenancy.management.examples import add_examples
from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.output import table
from app.tenancy.sites.theme_options import Choice, ThemeOption
from app.themes.catalogue import themes
from app.themes.checks import faults_of
from app.themes.definition import DEFAULT, Theme
from app.themes.samples import origin, render, samples, template_of

COLUMNS = ("name", "title", "parents", "options", "sites")


class Command(BaseCommand):
    help = "Lists the themes of sites, and checks that they show every kind of page."

    def add_arguments(self, parser: CommandParser) -> None:
        add_examples(parser, "manage.py themes list", "manage.py themes check night")
        actions = parser.add_subparsers(required=True, metavar="ACTION")
        listing = actions.add_parser("list", help="list all themes, and how many sites have each")
        listing.set_defaults(run=self.list_themes)
        listing.add_argument("--json", action="store_true", dest="as_json")
        check = actions.add_parser("check", help="show every kind of page and the options of a theme, and what fails")
        check.set_defaults(run=self.check_themes)
        check.add_argument("names", nargs="*", metavar="NAME", help="default: every theme")
        for each, example in ((listing, "list --json"), (check, "check night")):
            add_examples(each, f"manage.py themes {example}")

    def handle(self, *, run: Any, **options: Any) -> None:
        run(**options)

    def list_themes(self, *, as_json: bool, **_: Any) -> None:
        sites = Counter(SiteProfile.objects.values_list("theme", flat=True))
        sites[DEFAULT] += sites.pop("", 0)
        rows = [_as_dict(theme, sites[name]) for name, theme in sorted(themes().items())]
        counted = [{**row, "options": len(row["options"])} for row in rows]
        lines = [json.dumps(rows, indent=2, ensure_ascii=False)] if as_json else table(counted, COLUMNS)
        for line in lines:
            self.stdout.write(line)

    def check_themes(self, *, names: list[str], **_: Any) -> None:
        unknown = sorted(set(names) - themes().keys())
        if unknown:
            raise usage_error(f"There is no theme {unknown[0]!r}; must be one of {', '.join(sorted(themes()))}.")
        directory.snapshot()  # without a database, one message for all
        faults = sum(self.check_theme(themes()[name]) for name in names or sorted(themes()))
        if faults:
            raise CommandError("Themes have faults; see FAULT above.", returncode=1)

    def check_theme(self, theme: Theme) -> int:
        self.stdout.write(f"{theme.name}: {theme.title}")
        found = faults_of(theme)
        faults = [message.msg for message in found if message.is_serious()]
        for sample in samples():
            name = template_of(sample, theme)
            source = f"{name} of {origin(name, theme)}"
            try:
                render(sample, theme)
            except Exception as error:  # noqa: BLE001  # a theme's template may raise anything
                faults.append(f"{sample.title} ({source}) cannot be shown: {type(error).__name__}: {error}.")
            else:
                self.stdout.write(f"  ok    {sample.title} ({source})")
        for option in theme.options:
            self.stdout.write(f"  option {option.name}: {_described(option)}")
        for message in found:
            if not message.is_serious():
                self.stdout.write(f"  hint  {message.msg}")
        for fault in faults:
            self.stdout.write(f"  FAULT {fault}")
        return len(faults)


def _as_dict(theme: Theme, sites: int) -> dict[str, Any]:
    return {
        "name": theme.name,
        "title": theme.title,
        "description": theme.description,
        "parents": [each.name for each in theme.ancestors],
        "folder": str(theme.folder),
        "options": [_option_as_dict(option) for option in theme.options],
        "sites": sites,
    }


def _option_as_dict(option: ThemeOption) -> dict[str, Any]:
    names = ("name", "type", "default", "label", "help", "choices", "minimum", "maximum", "unit")
    return {name: getattr(option, name) for name in names if hasattr(option, name)}


def _described(option: ThemeOption) -> str:
    default = json.dumps(option.default, ensure_ascii=False)
    choices = f" of {', '.join(option.choices)}" if isinstance(option, Choice) else ""
    return f"{option.type}{choices}, default {default}"
