from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.proxy.echo import echo
from tests.proxy.fronts import NAMES, Front, front
from tests.support.databases import demo_in
from tests.support.server import serving

# Traefik and Envoy are in no Debian package; Traefik is tried where it is on PATH.
PROXIES = [pytest.param(name, marks=pytest.mark.service(name)) for name in NAMES]
if shutil.which("traefik"):
    PROXIES.append(pytest.param("traefik", id="traefik"))


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's sites: north.localhost and south.localhost, each with an alias www."""
    return demo_in(tmp_path_factory.mktemp("database"))["DATABASE_URL"]


@pytest.fixture(scope="session")
def application(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn as it is shipped; two threads, so that a test can try to take them all."""
    folder = tmp_path_factory.mktemp("application")
    settings = {"SECURE_SSL_REDIRECT": "true", "WEB_CONCURRENCY": 1, "WEB_THREADS": 2}
    with serving(folder, DATABASE_URL=database, **settings) as server:
        yield server.port


@pytest.fixture(scope="session", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, application: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """One of the proxies in front of the application."""
    with front(request.param, application, tmp_path_factory.mktemp(request.param) / "front") as made:
        yield made


@pytest.fixture(scope="session", params=PROXIES)
def mirror(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One of the proxies in front of a server that answers with what reached it."""
    with echo() as port, front(request.param, port, tmp_path_factory.mktemp(request.param) / "mirror") as made:
        yield made
