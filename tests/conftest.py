"""Standing sites and people: north and south; nora edits north, sam edits south, root is a superuser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings as loaded
from django.contrib.sites.models import Site
from django.db import connection
from hypothesis import HealthCheck, settings

from app.accounts.models import User
from app.release.owner import connected_as_owner
from app.tenancy.content_cache import forget_content
from app.tenancy.current import current_site_or_none
from app.tenancy.directory import directory
from tests.support.databases import shared_folder
from tests.support.logs import Lines, recorded_lines
from tests.support.makers import Browser, make_north, make_south, person
from tests.support.postgresql import PostgreSQL, running_postgresql
from tests.support.programs import PROCESS_FOLDERS, REQUIRED, ROOT, missing

# A busy machine is no failure. Fixtures are rows that examples read.
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("suite", deadline=None, suppress_health_check=SUPPRESSED, print_blob=True)
settings.load_profile("suite")

# Below `make test`, a make that a test starts would be a part of the first one: it announces the folder it enters.
for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
    os.environ.pop(name, None)

shared_folder()  # before xdist starts the workers, which inherit its name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not loaded.ROW_SECURITY:
        elsewhere = [item for item in items if item.get_closest_marker("row_security")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        # Whatever folder was named: pytest loads this file for a folder called `tests`.
        if any(item.path.is_relative_to(ROOT / "tests" / folder) for folder in PROCESS_FOLDERS):
            item.add_marker("process")
    # Files of slow tests begin first: beside the last of them, the other process of pytest-xdist would be idle.
    slow = {item.path for item in items if item.get_closest_marker("process")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("service"):
        for name in marker.args:
            if missing(name):
                reason = f"{name} is not installed here"
                if REQUIRED:
                    pytest.fail(f"{reason}, and REQUIRE_SERVICES=1")
                pytest.skip(reason)


@pytest.fixture(scope="session")
def connection_of_owner(django_db_modify_db_settings: None) -> ExitStack:
    """With row security, only the owner of the tables can create the test's database."""
    stack = ExitStack()
    if loaded.OWNER_DATABASE is not None:
        loaded.OWNER_DATABASE["TEST"] = loaded.DATABASES["default"].get("TEST", {})
        stack.enter_context(connected_as_owner())
    return stack


@pytest.fixture(scope="session")
def django_db_setup(connection_of_owner: ExitStack, django_db_setup: None) -> Iterator[None]:
    """The tests themselves connect as the pods do."""
    connection_of_owner.close()
    yield
    connection.close()


@pytest.fixture(autouse=True)
def no_site_is_left_behind() -> Iterator[None]:
    directory.forget()
    forget_content()
    yield
    assert current_site_or_none() is None, "a test left a site current"
    directory.forget()


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged during the test."""
    with recorded_lines() as found:
        yield found


@pytest.fixture
def north(db: None) -> Site:
    return make_north()


@pytest.fixture
def south(db: None) -> Site:
    return make_south()


@pytest.fixture
def nora(north: Site) -> User:
    return person("nora", north)


@pytest.fixture
def sam(south: Site) -> User:
    return person("sam", south)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.test", "root")


@pytest.fixture
def at_north(north: Site) -> Browser:
    return Browser("north.test")


@pytest.fixture
def at_south(south: Site) -> Browser:
    return Browser("south.test")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for tests that need one beside the suite's own database."""
    with running_postgresql() as server:
        yield server
