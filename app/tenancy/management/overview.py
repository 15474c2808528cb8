"""`manage.py help`: Colonnade's own commands first, each with what it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.core.management import ManagementUtility, get_commands, load_command_class
from django.core.management.color import color_style

from app.tenancy.audit.command import recorded_as


def execute_from_command_line(argv: Sequence[str]) -> None:
    """As Django's function of this name."""
    with recorded_as(f"manage.py {' '.join(argv[1:2])}"):
        CommandLine(list(argv)).execute()


class CommandLine(ManagementUtility):
    def main_help_text(self, commands_only: bool = False) -> str:
        own = {name: str(app) for name, app in sorted(get_commands().items()) if str(app).startswith("app.")}
        if commands_only or not own:
            return super().main_help_text(commands_only)
        heading = color_style().NOTICE
        lines = [f"Type '{self.prog_name} help <subcommand>' for help on a specific subcommand.", ""]
        lines.append(heading("[Colonnade; --site=ID, --site=DOMAIN or --all-sites works with every command]"))
        lines += [f"    {name:<18}{_summary(app, name)}" for name, app in own.items()]
        others: dict[str, list[str]] = defaultdict(list)
        for name, app in sorted(get_commands().items()):
            if name not in own:
                others["django" if app == "django.core" else str(app).rpartition(".")[2]].append(name)
        for app, names in sorted(others.items()):
            lines += ["", heading(f"[{app}]"), *(f"    {name}" for name in names)]
        return "\n".join(["", *lines])


def _summary(app: str, name: str) -> str:
    """The first sentence of a command's help."""
    return load_command_class(app, name).help.partition(". ")[0].partition(": ")[0].rstrip(".")
