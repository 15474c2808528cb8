"""The commands and values in docs/deploy.md work."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import uuid
from pathlib import Path

import pytest
import yaml

from tests import services
from tests.chart.rendering import REPOSITORY, render

GUIDE = (REPOSITORY / "docs" / "deploy.md").read_text()


def manage(database: str, *words: str, stdin: bytes | None = None) -> str:
    done = subprocess.run(
        [services.PYTHON, "manage.py", *words],
        cwd=REPOSITORY,
        env=services.environment(DATABASE_URL=database),
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def arguments(command: str) -> list[str]:
    """The arguments after `manage.py` in the line of the guide with this command."""
    line = next(line for line in GUIDE.splitlines() if f"manage.py {command}" in line and line.startswith("kubectl"))
    return shlex.split(line.partition("manage.py ")[2].partition(" <")[0])


@pytest.mark.service("postgresql")
def test_migration_from_sqlite_to_postgresql(postgresql: services.PostgreSQL, tmp_path: Path) -> None:
    name = f"moved_{uuid.uuid4().hex[:12]}"
    command = [str(services.program("createdb")), "-h", "127.0.0.1", "-p", str(postgresql.port), "-U", "postgres", name]
    subprocess.run(command, check=True, capture_output=True)
    old, new = f"sqlite:///{tmp_path / 'db.sqlite3'}", postgresql.url(name)
    manage(old, "migrate", "--verbosity", "0")
    for domain in ("north.example.org", "south.example.org"):
        manage(old, "sites", "add", domain, "--name", domain)
    *dump, path = arguments("dumpdata")
    assert path == "/tmp/all.json"
    manage(old, *dump, str(tmp_path / "all.json"))
    manage(new, "migrate", "--verbosity", "0")
    manage(new, *arguments("loaddata"), stdin=(tmp_path / "all.json").read_bytes())
    before, after = (json.loads(manage(database, "sites", "list", "--json")) for database in (old, new))
    assert before == after
    assert len(after) == 3
    # The sequences are correct: a new row gets a new id.
    manage(new, "sites", "add", "west.example.org", "--name", "West")


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL))
def test_values_in_the_guide_render_three_sites(text: str) -> None:
    rendered = render(yaml.safe_load(text))
    assert all(f"{name}.example.org" in rendered.notes for name in ("north", "south", "west"))


def test_objects_that_the_guide_names_exist() -> None:
    there = {f"{kind.lower()}/{own}" for kind, own in render({"sitesExistingConfigMap": "mine"}).names()}
    there |= {one.replace("deployment/", "deploy/") for one in there}
    named = set(re.findall(r"\b(?:deploy|cronjob|service)/demo-[a-z-]+", GUIDE))
    assert named
    assert named <= there
