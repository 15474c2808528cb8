"""The order of a release, acted out: what the chart renders for job, init container, hook and web really runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chart.acting import Stage, image_with
from tests.chart.rendering import Rendered, Values, render
from tests.support.commands import environment
from tests.support.http import request
from tests.support.postgresql import PostgreSQL
from tests.support.programs import PYTHON, free_port, listens, wait_until

pytestmark = pytest.mark.service("postgresql")
NORTH: Values = {"sites": {"north": {"domain": "north.example.test", "default": True}}}
BOTH: Values = {"sites": {**NORTH["sites"], "south": {"domain": "south.example.test", "aliases": ["s.example.test"]}}}
EXTERNAL: Values = {"database": {"type": "external"}, "externalDatabase": {"url": "postgres://a:b@db.example.org/c"}}
WAITING = "not applied yet"


@pytest.fixture
def stage(postgresql: PostgreSQL, tmp_path: Path) -> Stage:
    """A cluster with an empty database."""
    return Stage(tmp_path / "mounted", postgresql.url(postgresql.create_database()))


@pytest.fixture(scope="session")
def installed_once(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = postgresql.create_database()
    stage = Stage(tmp_path_factory.mktemp("installed"), postgresql.url(name))
    assert stage.run(render(NORTH), "release").returncode == 0
    return name


@pytest.fixture
def installed(postgresql: PostgreSQL, installed_once: str, tmp_path: Path) -> Stage:
    """A cluster on which the release with NORTH was installed."""
    return Stage(tmp_path / "mounted", postgresql.url(postgresql.create_database(template=installed_once)))


@contextmanager
def web(stage: Stage, rendered: Rendered) -> Iterator[int]:
    port = free_port()
    with stage.started(rendered, "web", BIND=f"127.0.0.1:{port}", METRICS_PORT="0") as (process, log):
        wait_until(lambda: process.poll() is not None or listens(port), what="web")
        assert process.poll() is None, log.read_text()
        yield port


def site_of(port: int, host: str) -> str | None:
    """The id of the site that a host is served by."""
    return request(port, host=host).headers["X-Site-Id"]


def test_install_pods_wait_for_the_job_and_then_serve(stage: Stage) -> None:
    rendered = render(BOTH)
    with stage.started(rendered, "wait-for-release") as (waiting, log):
        wait_until(lambda: WAITING in log.read_text() or waiting.poll() is not None, what="waiting")
        assert waiting.poll() is None, log.read_text()
        released = stage.run(rendered, "release")
        assert released.returncode == 0, released.stderr
        assert waiting.wait(60) == 0
    with web(stage, rendered) as port:
        assert request(port, "/readyz").status == 200
        sites = [site_of(port, host) for host in ("north.example.test", "south.example.test")]
        assert sites[0] == "1"
        assert sites[1] not in {None, "1"}
        assert request(port, host="west.example.test").status == 404


def test_the_same_release_again_changes_nothing(stage: Stage) -> None:
    rendered = render(BOTH)
    first, again = (stage.run(rendered, "release") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "No migrations to apply" in again.stdout


def test_upgrade_a_new_site_reaches_pods_that_run(installed: Stage) -> None:
    with web(installed, render(NORTH)) as port:
        assert request(port, host="south.example.test").status == 404
        assert installed.run(render(BOTH), "release").returncode == 0
        wait_until(lambda: site_of(port, "south.example.test") is not None, what="the new site")
        # With the site gone from the values, its row stays: only prune archives it.
        assert installed.run(render(NORTH), "release").returncode == 0
        assert site_of(port, "south.example.test") is not None
        pruned = installed.run(render({**NORTH, "siteSync": {"prune": True}}), "prune")
        assert pruned.returncode == 0, pruned.stderr
        wait_until(lambda: request(port, host="south.example.test").status == 410, what="the archived site")
        assert site_of(port, "north.example.test") == "1"


def test_a_failed_migration_leaves_the_old_pods_serving_and_rollback_is_clean(installed: Stage, tmp_path: Path) -> None:
    rendered = render(NORTH)
    bad = image_with(tmp_path / "bad", "SELECT this_column_is_not_there")
    with web(installed, rendered) as port:
        failed = installed.run(rendered, "release", bad)
        assert failed.returncode != 0
        assert "this_column_is_not_there" in failed.stderr + failed.stdout
        with installed.started(rendered, "wait-for-release", bad) as (waiting, log):
            wait_until(lambda: WAITING in log.read_text() or waiting.poll() is not None, what="waiting")
            assert waiting.poll() is None, log.read_text()
        assert request(port, "/readyz").status == 200
        assert site_of(port, "north.example.test") == "1"
        assert installed.run(rendered, "release").returncode == 0
        assert installed.run(rendered, "wait-for-release").returncode == 0


def test_old_pods_serve_on_the_schema_of_the_next_release_and_roll_back_to(installed: Stage, tmp_path: Path) -> None:
    rendered = render(NORTH)
    following = image_with(tmp_path / "next", "CREATE TABLE something_more (id integer)")
    with web(installed, rendered) as port:
        assert installed.run(rendered, "release", following).returncode == 0
        assert request(port, "/readyz").status == 200
        assert installed.run(rendered, "wait-for-release").returncode == 0


@pytest.mark.parametrize("values", [EXTERNAL, {"release": {"mode": "initContainer"}}])
def test_hook_and_init_container_do_the_same_work(installed: Stage, values: Values) -> None:
    rendered = render({**values, **BOTH})
    released = installed.run(rendered, "release")
    assert released.returncode == 0, released.stderr
    with web(installed, rendered) as port:
        assert request(port, host="s.example.test").status == 301


def test_a_superuser_is_made_once(installed: Stage) -> None:
    rendered = render({"superuser": {"create": True, "username": "first", "password": "a long pass phrase"}})
    first, again = (installed.run(rendered, "release") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "first" in first.stdout
    assert "a long pass phrase" not in first.stdout + again.stdout


def test_a_list_that_cannot_be_used_fails_the_release(installed: Stage) -> None:
    rendered = render({"sites": {"north": {"domain": "localhost.localhost", "theme": "No Theme"}}})
    assert installed.run(rendered, "release").returncode != 0


@pytest.mark.parametrize("question", ["health", "sites"])
def test_what_helm_test_asks_passes_on_a_good_release_and_fails_on_a_bad_one(stage: Stage, question: str) -> None:
    rendered = render(BOTH)
    assert stage.run(rendered, "release").returncode == 0
    pod = rendered.of("Pod", f"demo-colonnade-test-{question}")["spec"]["containers"][0]
    told = {entry["name"]: entry["value"] for entry in pod["env"]}
    with web(stage, rendered) as port:
        told["SERVICE"] = f"http://127.0.0.1:{port}"
        assert _asked(pod["command"], told) == 0
        spoilt = {"PATHS": "/nothing"} if question == "health" else {"HOSTS": "west.example.test"}
        assert _asked(pod["command"], {**told, **spoilt}) == 1


def _asked(command: list[str], told: dict[str, str]) -> int:
    return subprocess.run([PYTHON, *command[1:]], env=environment(**told), capture_output=True, check=False).returncode
