"""The image of docs/extend.md: an agency's app and theme on top of ours, from the files of the page."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from tests.image.engine import Platform, docker
from tests.support.commands import managed
from tests.support.guide import commands_of, write_example
from tests.support.http import visit
from tests.support.server import settings_in

pytestmark = [pytest.mark.service("docker")]
IMAGE = "agency:under-test"


@pytest.fixture
def agency(released: Platform, tmp_path: Path) -> Platform:
    """The example's image, beside the database of a platform."""
    settings = settings_in(tmp_path) | write_example(tmp_path)
    managed("makemigrations", "events", "-v0", **settings)
    docker("tag", released.image, "colonnade:0.1.0")
    docker("build", "--tag", IMAGE, str(tmp_path))
    return replace(released, image=IMAGE)


def test_the_app_and_the_theme_are_served(agency: Platform, spare: str) -> None:
    done = agency.run("release", DATABASE_URL=spare)
    assert done.returncode == 0, done.stderr
    for command in commands_of("extend.md"):
        if not command.startswith(("makemigrations", "migrate")):
            done = agency.run("manage", *shlex.split(command), DATABASE_URL=spare)
            assert done.returncode == 0, done.stderr
    with agency.web(DATABASE_URL=spare) as web:
        web.wait_for()
        page = visit(web.port(), "harbour.example", "/events/")
        assert page.status == 200
        assert '<table class="events">' in page.body
        assert visit(web.port(), "localhost", "/events/").status == 404


def test_its_isolation_is_proved_in_the_image(agency: Platform, spare: str) -> None:
    part = ("--isolation-apps=events", "--isolation-roles=anonymous,site-admin")  # all: tests/extension/test_guide.py
    done = agency.run("test-isolation", *part, "-q", DATABASE_URL=spare)
    assert done.returncode == 0, done.stdout + done.stderr
    # The test itself runs in the image, so what it does not find would not be found.
    assert "passed" in done.stdout
