from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.image.engine import Platform, build, docker, platform
from tests.support.programs import REQUIRED

TAG = "colonnade:under-test"


@pytest.fixture(scope="session")
def image() -> str:
    """The image of this checkout, built once."""
    if docker("info", check=False).returncode != 0:
        reason = "no Docker engine answers (DOCKER_HOST)"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    build(TAG)
    return TAG


@pytest.fixture(scope="session")
def empty(image: str) -> Iterator[Platform]:
    """A platform whose database has no table yet."""
    with platform(image) as made:
        yield made


@pytest.fixture(scope="session")
def released(empty: Platform) -> Platform:
    """Migrated, with the demo's sites."""
    for words in (["release"], ["manage", "demo"]):
        done = empty.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    return empty


@pytest.fixture
def spare(released: Platform, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"t{abs(hash(request.node.nodeid))}"
    released.sql(f"CREATE DATABASE {name}")
    yield released.url(name)
    docker("exec", released.database.name, "dropdb", "-U", "colonnade", "--force", name)
