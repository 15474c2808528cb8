"""The commands in the documentation work as they are written, on a database that people have worked on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from app.testing.data.twins import undone
from tests.support.commands import call_main
from tests.support.programs import ROOT
from tests.support.used import make_used_database

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Commands that need something beside the database, and where else they are tested.
ELSEWHERE = {
    "backup": "tests/backups: it needs a target",
    "collectstatic": "tests/image: it needs an image",
    "createsuperuser": "asks for a name",
    "dumpdata": "tests/chart/test_guide.py",
    "delete_past_events": "tests/extension/test_guide.py",
    "migrate": "tests/release",
    "makemigrations events": "tests/extension/test_guide.py",
    "sites add harbour.example": "tests/extension/test_guide.py",
    "sites set harbour.example": "tests/extension/test_guide.py",
    "themes check harbour": "tests/extension/test_guide.py",
    "loaddata": "tests/chart/test_guide.py",
    "people link": "tests/sign_in/oidc: it needs a provider",
    "people unlink": "tests/sign_in/oidc",
    "poll_twitter": "tests/server/test_polls.py",
    "sites check": "tests/tenancy/sites: it requests hosts",
    "release": "tests/release",
    "restore": "tests/backups",
    "runserver": "does not end",
    "sites set school.example --theme night": "tests/themes/test_guide.py",
    "sites set school.example --option motto=": "tests/themes/test_guide.py",
    "themes check night": "tests/themes/test_guide.py",
}


def code_lines(page: Path) -> list[str]:
    """The lines of a page's blocks of code, fenced or indented; a line that ends with a backslash goes on."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()] + re.findall(
        r"^    (\S.*)$", outside, re.MULTILINE
    )


def commands(page: Path) -> list[str]:
    return [line for line in code_lines(page) if re.search(r"manage\.py\b", line)]


@pytest.fixture(scope="module")
def used_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Made once: what a test writes there is rolled back after it."""
    with django_db_blocker.unblock(), undone():
        make_used_database()
        yield


PAGES = [page for page in DOCS if commands(page)]


def test_pages_with_commands_are_found() -> None:
    assert {"README.md", "deploy.md", "proxies.md", "sites.md", "twitter.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manage_py_is_spelled_in_one_way(page: Path) -> None:
    """`.venv/bin/python manage.py` in a checkout, `python manage.py` inside a container."""
    for line in commands(page):
        in_container = re.search(r"\b(kubectl|docker)\b.* (exec|run) |^\s*RUN ", line)
        spelled = r"(?:^|\s)python manage\.py " if in_container else r"(?:^|\s)\.venv/bin/python manage\.py "
        assert re.search(spelled, line), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_work(
    page: Path, used_database: None, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "typed at a prompt, twice")
    for text in re.findall(r"```yaml\n(sites:\n.*?)```", page.read_text(), re.DOTALL):
        Path("sites.yaml").write_text(text)
    for line in commands(page):
        words = shlex.split(line.rpartition("manage.py ")[2].partition(" <")[0], comments=True)
        if not any(" ".join(words).startswith(name) for name in ELSEWHERE):
            done = call_main(*words)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_the_file_of_the_guide_is_written_to_the_database(used_database: None, db: None, tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(sites:\n.*?)```", (ROOT / "docs" / "sites.md").read_text(), re.DOTALL)
    (tmp_path / "sites.yaml").write_text(text)
    done = call_main("sync_sites", "--adopt", str(tmp_path / "sites.yaml"))
    assert done.returncode == 0, done.stderr
