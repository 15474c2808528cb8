"""No visitor sees a release: workers and whole servers are changed under load, behind each proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.proxy.conftest import PROXIES
from tests.proxy.fronts import Front, front
from tests.proxy.load import load
from tests.proxy.service import Service
from tests.support.http import visit


@pytest.fixture(scope="module")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    # A worker that stops waits for the connections that a proxy keeps; two seconds of it show as much as 25.
    short = {"GUNICORN_CMD_ARGS": "--graceful-timeout 2"}
    with Service(tmp_path_factory.mktemp("service"), DATABASE_URL=database, **short) as made:
        yield made


@pytest.fixture(scope="module", params=PROXIES)
def released(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    with front(request.param, service.port, tmp_path_factory.mktemp(request.param) / "released") as made:
        yield made


def test_hup_under_load_fails_no_request(released: Front, service: Service) -> None:
    with load(lambda: visit(released.https, "north.localhost", tls=True).status) as seen:
        seen.more(50)
        service.reload()
        seen.more(50)

    assert set(seen.statuses) == {200}, seen


def test_a_new_process_under_load_fails_no_request(released: Front, service: Service) -> None:
    with load(lambda: visit(released.https, "north.localhost", tls=True).status) as seen:
        seen.more(50)
        service.restart()
        seen.more(50)

    assert set(seen.statuses) == {200}, seen
