"""The isolation tests, as a pytest plug-in: `python -m pytest -p app.testing --pyargs app.testing`.

They find the models, managers, addresses, admin pages and commands of every installed app by themselves, and fail where
something of one site reaches another. docs/extend.md says how to run them and how to read a finding.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from app.testing import hooks, summary

SETTINGS = "DJANGO_SETTINGS_MODULE"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("isolation", "isolation of sites (app.testing)")
    group.addoption(
        "--isolation-roles",
        dest="roles",
        metavar="ROLE,ROLE",
        default="",
        help="who sends the requests (default: everybody). One or more of: anonymous, author, editor, site-admin, "
        "member-of-both, superuser",
    )
    group.addoption(
        "--isolation-apps",
        dest="apps",
        metavar="LABEL,LABEL",
        default="",
        help="test only the models, the views and the admin pages of these apps, and the views that show what any app "
        "brings, such as pages and the sitemap (default: of all apps)",
    )
    group.addoption(
        "--isolation-part",
        dest="part",
        metavar="K/N",
        default="1/1",
        help="send only the requests of part K of N, so that runs on several databases share them; what needs no "
        "visitor is tested in each part (default: 1/1)",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    # Before pytest-django looks for the settings. A project's own choice comes first.
    if not os.environ.get(SETTINGS) and not early_config.getini(SETTINGS):
        os.environ[SETTINGS] = "app.settings"
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in summary.lines(terminalreporter.stats):
        terminalreporter.write_line(line)
