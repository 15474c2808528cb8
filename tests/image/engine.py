"""Docker, through its own client: what a person with an engine types, and what it answers."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.http import visit
from tests.support.programs import ROOT, wait_until

# What a restricted cluster allows a container, and no more.
LOCKED_DOWN = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges:true")
SECRET = "planted-secret-key-of-fifty-characters-and-a-few-more"


def docker(*words: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["docker", *words], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, f"docker {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done


def inspect(name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(docker("inspect", name).stdout)
    return found[0]


def build(tag: str, *arguments: str) -> str:
    """`make image`, as the documentation says; where bases come from is the machine's affair (DOCKER_BUILD)."""
    given = f"{os.environ.get('DOCKER_BUILD', '')} {' '.join(arguments)}"
    done = subprocess.run(
        ["make", "image", f"IMAGE={tag}", f"DOCKER_BUILD={given}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True, slots=True)
class Container:
    name: str

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = inspect(self.name)["State"]
        return state

    @property
    def health(self) -> str:
        return str(self.state["Health"]["Status"])

    def port(self, inside: int = 8000) -> int:
        return int(docker("port", self.name, f"{inside}/tcp").stdout.splitlines()[0].rpartition(":")[2])

    def logs(self) -> str:
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def responds(self, path: str, status: int) -> bool:
        try:
            return visit(self.port(), "localhost", path).status == status
        except OSError:
            return False

    def wait_for(self, path: str = "/readyz", status: int = 200) -> None:
        """Waits for a response of the web server inside."""
        wait_until(lambda: not self.state["Running"] or self.responds(path, status), what=f"{path} says {status}")
        assert self.state["Running"], self.logs()

    def python(self, code: str) -> str:
        """What a line of Python, run inside, prints."""
        return docker("exec", self.name, "python", "-c", code).stdout.strip()


@contextmanager
def container(image: str, *words: str, options: tuple[str, ...] = ()) -> Iterator[Container]:
    """A running container with a name of its own; it and its volumes are gone afterwards."""
    name = f"colonnade-test-{secrets.token_hex(4)}"
    docker("run", "--detach", "--name", name, *options, image, *words)
    try:
        yield Container(name)
    finally:
        docker("rm", "--force", "--volumes", name)


@dataclass(frozen=True, slots=True)
class Platform:
    """An image, a network of its own, and a PostgreSQL on it."""

    image: str
    network: str
    database: Container

    def url(self, name: str = "colonnade", password: str = "planted-password") -> str:
        return f"postgres://colonnade:{password}@{self.database.name}/{name}"

    def options(self, **env: str) -> tuple[str, ...]:
        values = {"SECRET_KEY": SECRET, "DATABASE_URL": self.url(), **env}
        given = (f"--env={name}={value}" for name, value in values.items() if value)
        return (*LOCKED_DOWN, f"--network={self.network}", *given)

    def run(self, *words: str, extra: tuple[str, ...] = (), **env: str) -> subprocess.CompletedProcess[str]:
        """One container until it ends."""
        return docker("run", "--rm", *self.options(**env), *extra, self.image, *words, check=False)

    @contextmanager
    def web(self, *words: str, extra: tuple[str, ...] = (), **env: str) -> Iterator[Container]:
        options = (*self.options(**env), "--publish=127.0.0.1::8000", *extra)
        with container(self.image, *words, options=options) as made:
            yield made

    def sql(self, statement: str, database: str = "colonnade") -> str:
        return docker(
            "exec", self.database.name, "psql", "-U", "colonnade", "-qtAc", statement, database
        ).stdout.strip()

    def database_is_up(self) -> bool:
        return docker("exec", self.database.name, "pg_isready", "-h", "127.0.0.1", check=False).returncode == 0


@contextmanager
def platform(image: str) -> Iterator[Platform]:
    network = f"colonnade-test-{secrets.token_hex(4)}"
    docker("network", "create", network)
    options = (f"--network={network}", "--env=POSTGRES_USER=colonnade", "--env=POSTGRES_PASSWORD=planted-password")
    try:
        with container("postgres:17", options=options) as database:
            made = Platform(image, network, database)
            wait_until(made.database_is_up, what="PostgreSQL")
            yield made
    finally:
        docker("network", "rm", network)
