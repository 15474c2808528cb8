"""The documentation cannot drift: settings, commands and links are what they are said to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.programs import ROOT
from tests.support.variables import known_variables

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert {name for name in known_variables() if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_command_is_documented() -> None:
    text = "\n".join(page.read_text() for page in DOCS)
    for command in ROOT.glob("app/*/management/commands/[a-z]*.py"):
        assert re.search(rf"\b{command.stem}\b", text), command.stem


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE) for name in line.split()}
    described = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert phony - described == {"help"}


def test_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make run" in readme
    assert "make test" in readme
    assert len(readme.splitlines()) < 100


def test_every_dependency_has_its_paragraph() -> None:
    declared = re.search(r"dependencies = \[(.*?)\n\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)
    assert declared is not None
    names = re.findall(r'"([A-Za-z0-9-]+)', declared[1])
    text = "\n".join(page.read_text() for page in (ROOT / "docs" / "decisions").glob("*.md")).lower()
    assert {name for name in names if name.lower() not in text} == set()
