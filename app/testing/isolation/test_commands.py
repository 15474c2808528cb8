"""Commands that run for site A print nothing of site B; without a site they refuse."""

from __future__ import annotations

import contextlib
import io
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from app.tenancy.current import NoCurrentSite, use_site
from app.testing.all_sites import COMMAND, AllSites, is_for_all_sites
from app.testing.channels import channels
from app.testing.data.tables import site_related
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings

#: Commands of the product that read for one site. The others work for all sites, and say so in their help.
PRODUCT = (("members", "list"), ("members", "list", "--json"), ("poll_twitter", "--dry-run"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = [tuple(line) for lines in metafunc.config.hook.pytest_isolation_commands() for line in lines]
    if "line" in metafunc.fixturenames:
        lines = [*PRODUCT, *dumps(), *commands_of_apps(), *given]
        metafunc.parametrize("line", lines, ids="-".join)


def dumps() -> list[tuple[str, ...]]:
    return [("dumpdata", model._meta.label) for model in site_related()]


def commands_of_apps() -> list[tuple[str, ...]]:
    """The commands of other apps with site-related models, where they need no arguments."""
    apps = {model._meta.app_config.name for model in site_related()}
    return [
        (name,)
        for name, app in get_commands().items()
        if app in apps and not str(app).startswith("app.") and needs_nothing(str(app), name)
    ]


def needs_nothing(app: str, name: str) -> bool:
    parser = load_command_class(app, name).create_parser("manage.py", name)
    return not any(action.required for action in parser._actions)


def test_a_command_for_one_site(line: tuple[str, ...], twins: Twins, findings: Findings) -> None:
    with twins.without_b():
        without = output_of(line, use_site(twins.sites["a"]))
    with undone():
        channels.start()
        present = output_of(line, use_site(twins.sites["a"]))
        for place, text in [("the output", present), *channels.all()]:
            for canary, around in twins.canaries.found(text):
                if canary.side == "b":
                    findings.note(f"{' '.join(line)} --site=A: {canary.where} of site B is in {place}", around)
    if without != present:
        findings.note(f"{' '.join(line)} --site=A: the output depends on the rows of B", without, present)


def test_a_command_without_a_site(
    line: tuple[str, ...], twins: Twins, findings: Findings, all_sites: tuple[AllSites, ...]
) -> None:
    with undone():
        shown = list(twins.canaries.found(output_of(line, nullcontext())))
    if is_for_all_sites(all_sites, COMMAND, line[0]):
        assert shown, f"{line[0]} shows no rows of all sites: remove the exception."
    elif shown:
        where = ", ".join(sorted({canary.where for canary, _ in shown}))
        findings.note(f"{' '.join(line)} shows {where} without --site", shown[0][1])


def output_of(line: tuple[str, ...], site: AbstractContextManager[Any]) -> str:
    """Both outputs of a command, and the error that it ended with."""
    output = io.StringIO()
    with site, contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            call_command(*line, stdout=output, stderr=output)
        except (CommandError, NoCurrentSite) as error:
            output.write(f"{type(error).__name__}: {error}")
        except SystemExit as stop:
            output.write(f"exit status {stop.code}")
    return output.getvalue()
