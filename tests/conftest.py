"""Standing sites and people: north and south; nora edits north, sam edits south, root is a superuser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.test import Client

from app.accounts.models import User
from app.tenancy.current import current_site_or_none, use_site
from app.tenancy.directory import directory
from app.tenancy.models import Alias, Membership
from tests import services


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("service"):
        for name in marker.args:
            if services.missing(name):
                reason = f"{name} is not installed here"
                if services.REQUIRED:
                    pytest.fail(f"{reason}, and REQUIRE_SERVICES=1")
                pytest.skip(reason)


@pytest.fixture(autouse=True)
def no_site_is_left_behind() -> Iterator[None]:
    directory.forget()
    yield
    assert current_site_or_none() is None, "a test left a site current"
    directory.forget()


@pytest.fixture
def north(db: None) -> Site:
    site = Site.objects.create(domain="north.test", name="North")
    Alias.objects.create(site=site, host="www.north.test")
    return site


@pytest.fixture
def south(db: None) -> Site:
    return Site.objects.create(domain="south.test", name="South")


def person(username: str, site: Site | None, role: str = "Editor") -> User:
    """An account whose password is its user name, with a role on one site."""
    user = User.objects.create_user(username, f"{username}@example.test", username)
    if site is not None:
        with use_site(site):
            Membership.objects.create(user=user, role=Group.objects.get(name=role))
    return user


@pytest.fixture
def nora(north: Site) -> User:
    return person("nora", north)


@pytest.fixture
def sam(south: Site) -> User:
    return person("sam", south)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.test", "root")


class Browser(Client):
    """A client that asks one host, as a browser tab does."""

    def __init__(self, host: str, **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host, **defaults)


@pytest.fixture
def at_north(north: Site) -> Browser:
    return Browser("north.test")


@pytest.fixture
def at_south(south: Site) -> Browser:
    return Browser("south.test")


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.PostgreSQL]:
    """A PostgreSQL server for tests that need one beside the suite's own database."""
    folder = tmp_path_factory.mktemp("postgresql")
    for part in (folder, *folder.parents):
        if part.stat().st_mode & 0o005 != 0o005 and part.owner() != "root":
            break
        part.chmod(part.stat().st_mode | 0o011)
    server = services.PostgreSQL(folder)
    server.make()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
