"""One throw-away PostgreSQL and Redis for all competitors, with a database per project and number of sites."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pages.competitors import PODS, PROJECTS, REDIS, Competitor
from bench.pages.content import STYLESHEET
from bench.pages.environments import python_of
from tests.support.commands import environment
from tests.support.postgresql import PostgreSQL, running_postgresql, sql
from tests.support.programs import ROOT, free_port, program, running

REDIS_DATABASES = 256
ROLE = "colonnade_pods"
OPTIONS = {
    "max_connections": "400",
    "shared_buffers": "512MB",
    "shared_preload_libraries": "pg_stat_statements",
    "log_connections": "on",
}


@dataclass
class Stores:
    """Where the competitors keep their data. Everything is removed when the benchmark ends."""

    postgresql: PostgreSQL
    redis_port: int
    folder: Path
    redis_used: list[str] = field(default_factory=list)

    def settings(self, competitor: Competitor, count: int) -> dict[str, str]:
        """The environment of a competitor's process that serves `count` sites; its Redis database is new."""
        values = self.of_project(competitor.project, count)
        for name, value in competitor.settings.items():
            values[name] = self._redis() if value == REDIS else self._url_of_pods(count) if value == PODS else value
        return environment(**values)

    def of_project(self, project: str, count: int) -> dict[str, str]:
        """What all processes of a project share."""
        settings = {
            "DJANGO_SETTINGS_MODULE": f"{PROJECTS}.{project}.settings",
            "BENCH_STATIC": str(self.static(project)),
        }
        if project == "colonnade":
            settings |= {
                "DATABASE_URL": self.postgresql.url(database(project, count)),
                "MEDIA_ROOT": str(self.folder / "media"),
                "LOG_FORMAT": "json",
            }
        elif project != "bare":
            settings |= {"BENCH_DATABASE": database(project, count), "BENCH_DATABASE_PORT": str(self.postgresql.port)}
        return settings

    def static(self, project: str) -> Path:
        """The collected static files of a project; the bare one serves the product's."""
        return self.folder / "static" / ("colonnade" if project == "bare" else project)

    def stylesheet(self) -> str:
        """The address of the product's stylesheet."""
        names = json.loads((self.static("colonnade") / "staticfiles.json").read_text())["paths"]
        return f"/static/{names[STYLESHEET]}"

    def fill(self, project: str, count: int) -> None:
        """Creates the database of a project and fills it, unless that has been done."""
        name = database(project, count)
        if project == "bare" or sql(self.postgresql.url(), f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            return
        sql(self.postgresql.url(), f"CREATE DATABASE {name}")
        if not self.static(project).exists():
            self._run(project, count, "django", "collectstatic", "--noinput")
        self._run(project, count, "django", "migrate")
        self._run(project, count, f"{PROJECTS}.{project}.seed", str(count))
        if project == "colonnade":  # whose other rows connect as the owner, which row security does not bind
            urls = {"DATABASE_URL": self._url_of_pods(count), "MIGRATE_DATABASE_URL": self.postgresql.url(name)}
            self._run(project, count, "django", "migrate", DATABASE_ROW_SECURITY="true", **urls)
        sql(self.postgresql.url(name), "VACUUM ANALYZE")

    def _run(self, project: str, count: int, *arguments: str, **settings: str) -> None:
        """A Python module in the environment of a project. Raises `RuntimeError` if it fails."""
        command = [python_of(project), "-m", *arguments]
        env = environment(**self.of_project(project, count) | settings)
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")

    def statements(self, project: str, count: int) -> dict[str, int]:
        """How often each statement ran in the database of a project so far, without those that only carry a site."""
        rows = sql(
            self.postgresql.url(),
            "SELECT query, sum(calls)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
            f" WHERE d.datname = '{database(project, count)}' AND query NOT LIKE 'SELECT set_config(%' GROUP BY query",
        )
        return {str(query): int(calls) for query, calls in rows}

    def connections(self, project: str, count: int) -> int:
        """How many connections were opened to the database of a project so far."""
        log = (self.postgresql.folder / "log").read_text(errors="replace")
        name = database(project, count)
        return sum(log.count(f"connection authorized: user={role} database={name}") for role in ("postgres", ROLE))

    def _url_of_pods(self, count: int) -> str:
        return self.postgresql.url(database("colonnade", count)).replace("postgres@", f"{ROLE}@")

    def _redis(self) -> str:
        url = f"redis://127.0.0.1:{self.redis_port}/{len(self.redis_used)}"
        self.redis_used.append(url)
        return url


def database(project: str, count: int) -> str:
    return f"{project}_{count}"


@contextmanager
def running_stores() -> Iterator[Stores]:
    """Starts both servers and stops them. Raises `RuntimeError` if one does not start."""
    port = free_port()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "databases": REDIS_DATABASES}
    with TemporaryDirectory(prefix="colonnade-bench-") as name, running_postgresql(**OPTIONS) as postgresql:
        folder = Path(name)
        command = [str(program("redis-server")), "--dir", name]
        command += [part for option, value in options.items() for part in (f"--{option}", str(value))]
        with running(command, port=port, log=folder / "redis.log", what="Redis"):
            sql(postgresql.url(), "CREATE EXTENSION pg_stat_statements")
            yield Stores(postgresql, port, folder)
