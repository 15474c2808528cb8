"""docker/compose.yaml as the documentation starts it: two sites on two domains in one step, and their backup."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.image.engine import docker, inspect
from tests.support.commands import environment
from tests.support.http import Response, visit
from tests.support.programs import ROOT, free_port, wait_until

pytestmark = [pytest.mark.service("docker")]

FILE = ROOT / "docker" / "compose.yaml"
#: Settings that the file itself decides, or that belong to another deployment. A superuser is created by hand.
DECIDED = {
    "BACKUP_TARGET",
    "DATABASE_ROW_SECURITY",
    "DEBUG",
    "DJANGO_SUPERUSER_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD",
    "DJANGO_SUPERUSER_USERNAME",
    "MEDIA_ROOT",
    "METRICS_PORT",
    "MEZZANINE_SITE_ID",
    "MIGRATE_DATABASE_URL",
}
NORTH, SOUTH = "North Valley School", "South Quarter Gazette"


@dataclass(frozen=True, slots=True)
class Compose:
    env: dict[str, str]
    port: int

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.shell(f"docker compose -f docker/compose.yaml {' '.join(words)}", ROOT)

    def shell(self, lines: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Lines of the documentation; what they write lands in a folder of the test's own."""
        script = lines.replace("docker/compose.yaml", str(FILE))
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=folder,
            env={**docker_client(), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def page(self, host: str, path: str = "/") -> Response:
        return visit(self.port, host, path)

    def serves(self) -> bool:
        try:
            return self.page("north.localhost").status == 200
        except OSError:
            return False


def docker_client() -> dict[str, str]:
    """The environment without the settings of the tests, which the file would pass on to the containers."""
    return environment(**{name: value for name, value in os.environ.items() if name.startswith("DOCKER_")})


@contextmanager
def project(image: str, **more: str) -> Iterator[Compose]:
    port = free_port()
    env = {
        "IMAGE": image,
        "HTTP_PORT": str(port),
        "HTTPS_PORT": str(free_port()),
        "COMPOSE_PROJECT_NAME": f"colonnade-test-{secrets.token_hex(4)}",
    }
    made = Compose({**env, **more}, port)
    try:
        yield made
    finally:
        made("--profile poll --profile backup down --volumes --timeout 5")


@pytest.fixture(scope="module")
def compose(image: str) -> Iterator[Compose]:
    with project(image) as made:
        made("up --detach --wait")
        wait_until(made.serves, seconds=60, what="the first page")
        yield made


def test_two_sites_on_two_domains_in_one_step(compose: Compose) -> None:
    north, south, alias, stranger = (
        compose.page(f"{name}.localhost") for name in ("north", "south", "www.north", "nowhere")
    )

    assert NORTH in north.body
    assert SOUTH in south.body
    assert (alias.status, alias.headers["location"]) == (301, f"http://north.localhost:{compose.port}/")
    assert stranger.status == 404


def test_every_container_is_locked_down(compose: Compose) -> None:
    names = compose("ps --all --quiet").stdout.split()

    assert len(names) == 7
    for name in names:
        host = inspect(name)["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert not host["Privileged"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]


def test_no_password_is_written_in_the_file_or_seen_from_outside(compose: Compose) -> None:
    text = FILE.read_text()
    environments = [
        " ".join(inspect(name)["Config"]["Env"] or []) for name in compose("ps --all --quiet").stdout.split()
    ]

    assert not re.search(r"PASSWORD: |SECRET_KEY: ", text)
    assert not any("postgres://" in values for values in environments)


def test_the_poll_is_a_profile(compose: Compose) -> None:
    # The demo has feeds and the test no token, so the poll ends with status 2 and says why.
    done = compose("run --rm poll poll --json || test $? = 2")

    assert json.loads(done.stdout.strip().splitlines()[-1])["failures"] == {"credentials": 3}


def test_every_variable_of_the_application_can_be_set_and_no_other() -> None:
    file: dict[str, Any] = yaml.safe_load(FILE.read_text())
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "app" / "settings.py").read_text()))
    given = {name if name in read else name.removesuffix("_FILE") for name in file["services"]["web"]["environment"]}

    assert given - {"BACKUP_TARGET"} == read - DECIDED


def test_a_restart_keeps_visitors_waiting_and_fails_none(compose: Compose) -> None:
    compose("restart web")

    assert compose.page("north.localhost").status == 200


def documented(kind: str) -> str:
    found = re.search(rf"```sh {kind}\n(.*?)```", (ROOT / "docs" / "proxies.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_backup_wipe_restore_gives_the_same_pages(compose: Compose, tmp_path: Path) -> None:
    code = "open('/media/picture.txt', 'w').write('a picture')"
    compose(f'exec -T web python -c "{code}"')
    before = [compose.page(f"{name}.localhost").body for name in ("north", "south")]
    compose.shell(documented("backup"), tmp_path)

    compose("stop web database demo")
    compose("--profile backup rm --force --volumes web database demo release poll backup-prepare backup-dump")
    for volume in ("database", "media"):
        docker("volume", "rm", f"{compose.env['COMPOSE_PROJECT_NAME']}_{volume}")
    compose.shell(documented("restore"), tmp_path)
    wait_until(compose.serves, seconds=60, what="the restored page")

    assert [compose.page(f"{name}.localhost").body for name in ("north", "south")] == before
    assert compose("exec -T web cat /media/picture.txt").stdout == "a picture"
    compose.shell(documented("adopt"), tmp_path)
    compose.shell(documented("backup"), tmp_path)


def test_own_sites_without_the_demo(image: str, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    with project(image, COMPOSE_ENV_FILES=str(tmp_path / "docker" / ".env")) as own:
        own.shell(documented("own").replace("exec web", "exec -T web"), tmp_path)

        wait_until(lambda: own.page("north.example").status != 404, seconds=10, what="the site that was added")
        page = own.page("north.example")
        assert (page.status, page.headers["location"]) == (301, "https://north.example/")
        assert "north.localhost" not in own("exec -T web python manage.py sites list").stdout
        assert "demo" not in own("ps --all --services").stdout.split()
        own.shell(documented("backup") + documented("restore"), tmp_path)
        assert "north.example" in own("exec -T web python manage.py sites list").stdout
