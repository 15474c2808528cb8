"""The commands and values in docs/deploy.md work."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendering import REPOSITORY, render
from tests.support.commands import managed
from tests.support.postgresql import PostgreSQL

GUIDE = (REPOSITORY / "docs" / "deploy.md").read_text()


def arguments(command: str) -> list[str]:
    """The arguments after `manage.py` in the line of the guide with this command."""
    line = next(line for line in GUIDE.splitlines() if f"manage.py {command}" in line and line.startswith("kubectl"))
    return shlex.split(line.partition("manage.py ")[2].partition(" <")[0])


@pytest.mark.service("postgresql")
def test_migration_from_sqlite_to_postgresql(postgresql: PostgreSQL, tmp_path: Path) -> None:
    old, new = f"sqlite:///{tmp_path / 'db.sqlite3'}", postgresql.url(postgresql.create_database())
    managed("migrate", "--verbosity", "0", DATABASE_URL=old)
    use = "from tests.support.used import make_used_database; make_used_database()"
    managed("shell", "-v0", "-c", use, DATABASE_URL=old)
    *dump, path = arguments("dumpdata")
    assert path == "/tmp/all.json"
    managed(*dump, str(tmp_path / "all.json"), DATABASE_URL=old)
    managed("migrate", "--verbosity", "0", DATABASE_URL=new)
    managed(*arguments("loaddata"), stdin=(tmp_path / "all.json").read_text(), DATABASE_URL=new)
    before, after = (json.loads(managed("sites", "list", "--json", DATABASE_URL=database)) for database in (old, new))
    assert before == after
    assert len(after) == 3
    assert rows(managed(*dump[:-1], DATABASE_URL=new)) == rows((tmp_path / "all.json").read_text())
    assert (tmp_path / "all.json").read_text().count('"model": "tenancy.loggedaction"') == 4
    # The sequences are correct: a new row gets a new id.
    managed("sites", "add", "west.example.org", "--name", "West", DATABASE_URL=new)


def rows(dump: str) -> list[dict[str, Any]]:
    """Every row of a dump, without the counters that triggers raise."""
    # A time of less than a millisecond is dumped as .000 the first time, and without it from then on.
    found: list[dict[str, Any]] = json.loads(dump.replace(".000Z", "Z"))
    for row in found:
        row["fields"].pop("content_written_in", None)
    return [row for row in found if row["model"] != "tenancy.epoch"]


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL))
def test_values_in_the_guide_render_three_sites(text: str) -> None:
    rendered = render(yaml.safe_load(text))
    assert all(f"{name}.example.org" in rendered.notes for name in ("north", "south", "west"))


def test_objects_that_the_guide_names_exist() -> None:
    values = {"sitesExistingConfigMap": "mine", "backup": {"enabled": True}}
    there = {f"{kind.lower()}/{own}" for kind, own in render(values).names()}
    there |= {one.replace("deployment/", "deploy/") for one in there}
    named = set(re.findall(r"\b(?:deploy|cronjob|service)/demo-[a-z-]+", GUIDE))
    assert named
    assert named <= there
