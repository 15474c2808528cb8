"""The documentation matches the code: settings, commands, folders and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.programs import ROOT
from tests.support.variables import known_variables

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert {name for name in known_variables() if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        if "://" not in target:
            file = page.parent / target if target else page
            assert file.exists(), target
            if anchor and file.suffix == ".md":
                assert anchor in anchors(file), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The names of its headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    without_links = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-") for heading in without_links}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_words_are_plain(page: Path) -> None:
    words = r"\b(?:anew|whoever|in vain|hangs off|braked?|one roof|every door|a storm of)\b"
    assert re.findall(words, page.read_text(), re.IGNORECASE) == []


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


def test_every_dependency_has_a_paragraph() -> None:
    declared = re.search(r"dependencies = \[(.*?)\n\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)
    assert declared is not None
    names = re.findall(r'"([A-Za-z0-9-]+)', declared[1])
    text = "\n".join(page.read_text() for page in (ROOT / "docs" / "decisions").glob("*.md")).lower()
    assert {name for name in names if name.lower() not in text} == set()


def test_the_architecture_names_every_folder_and_every_middleware() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    patterns = ("app/*/__init__.py", "app/tenancy/*/__init__.py", "app/twitter/*/__init__.py")
    folders = {path.parent for pattern in patterns for path in ROOT.glob(pattern)}
    folders = {path for path in folders if path.name not in {"management", "migrations", "templatetags"}}
    assert {path.name for path in folders if f"`{path.relative_to(ROOT)}/`" not in text} == set()
    own = [path.rpartition(".")[2] for path in settings.MIDDLEWARE if path.startswith("app.")]
    assert {name for name in own if name not in text} == set()


def test_the_glossary_has_at_most_twenty_terms() -> None:
    glossary = (ROOT / "docs" / "architecture.md").read_text().partition("## Glossary")[2]
    terms = re.findall(r"^\| (?!term|---)([^|]+) \|", glossary, re.MULTILINE)
    assert 10 <= len(terms) <= 20
    assert len(set(terms)) == len(terms)
