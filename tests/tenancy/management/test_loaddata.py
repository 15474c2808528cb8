"""`manage.py loaddata`: Django's own command, as this platform changes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command

from app.tenancy.current import use_site
from tests.support.commands import ClosedPipe, call


@pytest.fixture
def fixture(db: None, tmp_path: Path) -> str:
    file = tmp_path / "roles.json"
    file.write_text(json.dumps([{"model": "auth.group", "pk": None, "fields": {"name": "Proofreader"}}]))
    return str(file)


def test_it_works(fixture: str, north: Site) -> None:
    with use_site(north):
        said = call("loaddata", fixture)
    assert said == "Installed 1 object(s) from 1 fixture(s)\n"
    assert Group.objects.filter(name="Proofreader").exists()


def test_the_rows_are_stored_also_when_the_output_cannot_be_written(fixture: str, north: Site) -> None:
    with use_site(north), pytest.raises(BrokenPipeError):
        call_command("loaddata", fixture, stdout=ClosedPipe())
    assert Group.objects.filter(name="Proofreader").exists()


def test_a_file_that_does_not_exist_is_refused(fixture: str, north: Site) -> None:
    with use_site(north), pytest.raises(CommandError, match="No fixture named 'nowhere' found"):
        call("loaddata", "nowhere")
