"""The order of a release: runs what the chart renders for the job, the init container, the hook and web."""

from __future__ import annotations

import http.client
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import services
from tests.chart.acting import Stage, image_with
from tests.chart.rendering import Rendered, Values, render

pytestmark = pytest.mark.service("postgresql")
NORTH: Values = {"sites": {"north": {"domain": "north.example.test", "default": True}}}
BOTH: Values = {"sites": {**NORTH["sites"], "south": {"domain": "south.example.test", "aliases": ["s.example.test"]}}}
EXTERNAL: Values = {"database": {"type": "external"}, "externalDatabase": {"url": "postgres://a:b@db.example.org/c"}}
WAITING = "not applied yet"


def database(server: services.PostgreSQL, *options: str) -> str:
    name = f"chart_{uuid.uuid4().hex[:12]}"
    where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres"]
    subprocess.run([str(services.program("createdb")), *where, *options, name], check=True, capture_output=True)
    return name


@pytest.fixture
def stage(postgresql: services.PostgreSQL, tmp_path: Path) -> Stage:
    """A cluster with an empty database."""
    return Stage(tmp_path / "mounted", postgresql.url(database(postgresql)))


@pytest.fixture(scope="session")
def installed_once(postgresql: services.PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = database(postgresql)
    stage = Stage(tmp_path_factory.mktemp("installed"), postgresql.url(name))
    assert stage.run(render(NORTH), "release").returncode == 0
    return name


@pytest.fixture
def installed(postgresql: services.PostgreSQL, installed_once: str, tmp_path: Path) -> Stage:
    """A cluster on which the release with NORTH was installed."""
    return Stage(tmp_path / "mounted", postgresql.url(database(postgresql, "-T", installed_once)))


@contextmanager
def web(stage: Stage, rendered: Rendered) -> Iterator[int]:
    port = services.free_port()
    with stage.started(rendered, "web", BIND=f"127.0.0.1:{port}", METRICS_PORT="0") as (process, log):
        services.wait_until(lambda: process.poll() is not None or services.answers(port), what="web")
        assert process.poll() is None, log.read_text()
        yield port


def ask(port: int, path: str = "/", host: str = "probe.invalid") -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("X-Site-Id")


def test_install_pods_wait_for_the_job_and_then_serve(stage: Stage) -> None:
    rendered = render(BOTH)
    with stage.started(rendered, "wait-for-release") as (waiting, log):
        services.wait_until(lambda: WAITING in log.read_text() or waiting.poll() is not None, what="waiting")
        assert waiting.poll() is None, log.read_text()
        released = stage.run(rendered, "release")
        assert released.returncode == 0, released.stderr
        assert waiting.wait(60) == 0
    with web(stage, rendered) as port:
        assert ask(port, "/readyz")[0] == 200
        sites = [ask(port, host=host)[1] for host in ("north.example.test", "south.example.test")]
        assert sites[0] == "1"
        assert sites[1] not in {None, "1"}
        assert ask(port, host="west.example.test") == (404, None)


def test_the_same_release_again_changes_nothing(stage: Stage) -> None:
    rendered = render(BOTH)
    first, again = (stage.run(rendered, "release") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "No migrations to apply" in again.stdout


def test_running_pods_serve_a_new_site_after_an_upgrade(installed: Stage) -> None:
    with web(installed, render(NORTH)) as port:
        assert ask(port, host="south.example.test") == (404, None)
        assert installed.run(render(BOTH), "release").returncode == 0
        services.wait_until(lambda: ask(port, host="south.example.test")[1] is not None, what="the new site")
        # The site is removed from the values, but its row stays: only prune archives it.
        assert installed.run(render(NORTH), "release").returncode == 0
        assert ask(port, host="south.example.test")[1] is not None
        pruned = installed.run(render({**NORTH, "siteSync": {"prune": True}}), "prune")
        assert pruned.returncode == 0, pruned.stderr
        services.wait_until(lambda: ask(port, host="south.example.test")[0] == 410, what="the archived site")
        assert ask(port, host="north.example.test")[1] == "1"


def test_a_failed_migration_leaves_the_old_pods_serving_and_rollback_is_clean(installed: Stage, tmp_path: Path) -> None:
    rendered = render(NORTH)
    bad = image_with(tmp_path / "bad", "SELECT this_column_is_not_there")
    with web(installed, rendered) as port:
        failed = installed.run(rendered, "release", bad)
        assert failed.returncode != 0
        assert "this_column_is_not_there" in failed.stderr + failed.stdout
        with installed.started(rendered, "wait-for-release", bad) as (waiting, log):
            services.wait_until(lambda: WAITING in log.read_text() or waiting.poll() is not None, what="waiting")
            assert waiting.poll() is None, log.read_text()
        assert ask(port, "/readyz")[0] == 200
        assert ask(port, host="north.example.test")[1] == "1"
        assert installed.run(rendered, "release").returncode == 0
        assert installed.run(rendered, "wait-for-release").returncode == 0


def test_old_pods_work_with_the_schema_of_the_next_release(installed: Stage, tmp_path: Path) -> None:
    rendered = render(NORTH)
    following = image_with(tmp_path / "next", "CREATE TABLE something_more (id integer)")
    with web(installed, rendered) as port:
        assert installed.run(rendered, "release", following).returncode == 0
        assert ask(port, "/readyz")[0] == 200
        assert installed.run(rendered, "wait-for-release").returncode == 0


@pytest.mark.parametrize("values", [EXTERNAL, {"release": {"mode": "initContainer"}}])
def test_hook_and_init_container_do_the_same_work(installed: Stage, values: Values) -> None:
    rendered = render({**values, **BOTH})
    released = installed.run(rendered, "release")
    assert released.returncode == 0, released.stderr
    with web(installed, rendered) as port:
        assert ask(port, host="s.example.test")[0] == 301


def test_a_superuser_is_created_once(installed: Stage) -> None:
    rendered = render({"superuser": {"create": True, "username": "first", "password": "a long pass phrase"}})
    first, again = (installed.run(rendered, "release") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "first" in first.stdout
    assert "a long pass phrase" not in first.stdout + again.stdout


def test_an_invalid_list_of_sites_fails_the_release(installed: Stage) -> None:
    rendered = render({"sites": {"north": {"domain": "localhost.localhost", "theme": "No Theme"}}})
    assert installed.run(rendered, "release").returncode != 0


@pytest.mark.parametrize("name", ["health", "sites"])
def test_helm_test_passes_on_a_good_release_and_fails_on_a_bad_one(stage: Stage, name: str) -> None:
    rendered = render(BOTH)
    assert stage.run(rendered, "release").returncode == 0
    pod = rendered.of("Pod", f"demo-colonnade-test-{name}")["spec"]["containers"][0]
    variables = {entry["name"]: entry["value"] for entry in pod["env"]}
    with web(stage, rendered) as port:
        variables["SERVICE"] = f"http://127.0.0.1:{port}"
        assert _exit_code(pod["command"], variables) == 0
        wrong = {"PATHS": "/nothing"} if name == "health" else {"HOSTS": "west.example.test"}
        assert _exit_code(pod["command"], {**variables, **wrong}) == 1


def _exit_code(command: list[str], variables: dict[str, str]) -> int:
    return subprocess.run(
        [services.PYTHON, *command[1:]], env=services.environment(**variables), capture_output=True, check=False
    ).returncode
