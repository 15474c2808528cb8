"""A platform as it is deployed, on loopback: gunicorn, PostgreSQL, Redis, X; each of them may be hurt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pages.content import BenchSite, sites
from bench.pages.servers import pss_kib
from tests.support.commands import environment, managed
from tests.support.postgresql import PostgreSQL, made_postgresql, sql
from tests.support.programs import ROOT, free_port, listens, program, stop, wait_until
from tests.support.server import Server, serving
from tests.x_api import World, XServer
from tests.x_api.world import Account

SITES = 20
#: Of tmpfs: full after a moment.
MEDIA_KIB = 512


class Redis:
    """One server on one port, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self.folder}
        command = [str(program("redis-server"))]
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: listens(self.port), what="Redis accepts connections")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None


@dataclass
class Poll:
    """One run of `poll_twitter`."""

    process: subprocess.Popen[str]

    def end(self) -> int:
        self.process.communicate(timeout=120)
        return self.process.returncode


@dataclass
class Platform:
    postgresql: PostgreSQL
    database: str
    redis: Redis
    settings: dict[str, str]
    folder: Path
    media: Path
    world: World
    stack: ExitStack
    sites: dict[str, tuple[int, BenchSite]] = field(default_factory=dict)
    """By domain: the id, and what its page contains."""
    pods: list[Server] = field(default_factory=list)
    """The servers that get new connections."""
    authors: list[Account] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a fault has to say about itself."""

    @property
    def pod(self) -> Server:
        return self.pods[0]

    def start_pod(self) -> Server:
        """Another server on the same database. Its log is in a folder of its own."""
        folder = self.folder / f"pod-{free_port()}"
        folder.mkdir()
        return self.stack.enter_context(serving(folder, **self.settings))

    def poll(self) -> Poll:
        """Starts a poll beside everything else."""
        command = [sys.executable, "manage.py", "poll_twitter", "--json"]
        env, pipe = environment(**self.settings), subprocess.PIPE
        return Poll(subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=pipe, stderr=pipe))

    def write_posts(self) -> None:
        """One new post of each account."""
        for author in self.authors:
            self.world.post(author, f"Post {len(self.world.posts)} of {author.username}")

    def wrong_tweets(self) -> int:
        """Posts that a site lacks, has twice, or has of another site's account."""
        rows = sql(
            self.postgresql.url(self.database),
            "SELECT s.domain, t.remote_id, t.author_username FROM twitter_tweet t"
            " JOIN django_site s ON s.id = t.site_id",
        )
        stored = sorted((str(domain), int(remote), str(author)) for domain, remote, author in rows)
        names = {author.remote_id: author.username for author in self.authors}
        domains = {f"site_{site.code}": domain for domain, (_, site) in self.sites.items()}
        posts = self.world.posts.values()
        wanted = [(domains[names[post.author_id]], post.remote_id, names[post.author_id]) for post in posts]
        return len(set(wanted) ^ set(stored)) + len(stored) - len(set(stored))

    def memory_mib(self) -> float:
        """PSS of all workers of the first server."""
        return sum(pss_kib(pid) for pid in self.pod.workers()) / 1024


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Starts everything, fills it, and stops it. Raises `RuntimeError` if a part does not start."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="colonnade-faults-")))
        postgresql = stack.enter_context(made_postgresql())
        postgresql.start()
        database = postgresql.create_database()
        redis = Redis(folder)
        stack.callback(redis.stop)
        redis.start()
        world = World()
        x = stack.enter_context(XServer(world))
        media = stack.enter_context(small_disk(folder / "media"))
        settings = {
            "DATABASE_URL": postgresql.url(database),
            "CACHE_URL": redis.url,
            "MEDIA_ROOT": str(media),
            "HEALTH_TOKEN": "of-the-fault-runs",
            "TWITTER_API_URL": x.url,
            "TWITTER_BEARER_TOKEN": "stand-in",
            "TWITTER_DAILY_READS": "1000000",
            "TWITTER_KEEP": "1000",
        }
        managed("migrate", "-v0", **settings)
        seed = [sys.executable, "-m", "bench.pages.projects.colonnade.seed", str(SITES)]
        env = environment(**settings, DJANGO_SETTINGS_MODULE="app.settings")
        subprocess.run(seed, cwd=ROOT, env=env, check=True)
        sql(postgresql.url(database), "DELETE FROM twitter_tweet")  # of no account of this world
        platform = Platform(postgresql, database, redis, settings, folder, media, world, stack)
        ids = {site["domain"]: site["id"] for site in json.loads(managed("sites", "list", "--json", **settings))}
        platform.sites = {site.domain: (ids[site.domain], site) for site in sites(SITES)}
        platform.authors = [world.account(f"site_{site.code}") for site in sites(SITES)]
        sql(
            postgresql.url(database),
            "UPDATE twitter_feed SET active = value IN ("
            + ", ".join(f"'{author.username}'" for author in platform.authors)
            + ")",
        )
        platform.pods = [platform.start_pod()]
        yield platform


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system that a test can fill; for root only. Another user gets an ordinary folder."""
    folder.mkdir()
    if os.geteuid() != 0:
        yield folder
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEDIA_KIB}k", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
