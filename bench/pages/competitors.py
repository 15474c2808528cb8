"""The servers that are measured: which project, with which settings, in which shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROJECTS = "bench.pages.projects"


@dataclass(frozen=True, slots=True)
class Shape:
    """Two worker processes of gunicorn, and how each handles requests."""

    name: str
    label: str
    threads: int
    options: tuple[str, ...]
    """For the peers."""
    own_options: tuple[str, ...]
    """For the product, on top of docker/gunicorn.conf.py."""


GTHREAD = Shape("gthread", "2 gthread × 4", 4, ("--worker-class", "gthread", "--threads", "4"), ())
# The product's own worker has threads, so this shape runs it in gunicorn's plain one.
SYNC = Shape("sync", "2 sync", 1, ("--worker-class", "sync", "--threads", "1"), ("--worker-class", "sync"))
SHAPES = {shape.name: shape for shape in (GTHREAD, SYNC)}


@dataclass(frozen=True, slots=True)
class Competitor:
    """A server. Settings with the value `REDIS` get the URL of a Redis database of their own, `PODS` that of the
    database for the role that row security binds."""

    name: str
    label: str
    project: str
    application: str = "django.core.wsgi:get_wsgi_application()"
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        return self.project == "colonnade"

    @property
    def has_database(self) -> bool:
        return self.project != "bare"


REDIS = "a Redis database"
PODS = "the role that row security binds"
HOUR = "3600"
COLONNADE = "app.wsgi:application"


def own(name: str, label: str, **settings: str) -> Competitor:
    return Competitor(name, label, "colonnade", COLONNADE, settings)


BARE_DJANGO = Competitor("django", "bare Django view", "bare", settings={"BENCH_VARIANT": "bare"})
CACHED = {"BENCH_CACHE": "1", "BENCH_REDIS_URL": REDIS}
MENU = {"BENCH_MENU": "1"}
COMPETITORS = {
    competitor.name: competitor
    for competitor in (
        BARE_DJANGO,
        Competitor("wsgi", "bare WSGI function", "bare", f"{PROJECTS}.bare.function:application"),
        Competitor("usual", "bare Django view, usual middleware", "bare", settings={"BENCH_VARIANT": "usual"}),
        Competitor("whitenoise", "WhiteNoise's middleware", "bare", settings={"BENCH_VARIANT": "whitenoise"}),
        Competitor("sites", "contrib.sites by hand, fixed menu", "contrib_sites"),
        Competitor("sites-menu", "contrib.sites by hand, menu from the database", "contrib_sites", settings=MENU),
        Competitor(
            "sites-cache", "contrib.sites by hand, Django's cache on Redis", "contrib_sites", settings=MENU | CACHED
        ),
        Competitor("wagtail", "Wagtail, no menu", "wagtail_sites"),
        Competitor("wagtail-menu", "Wagtail", "wagtail_sites", settings=MENU),
        Competitor("wagtail-cache", "Wagtail, Django's cache on Redis", "wagtail_sites", settings=MENU | CACHED),
        Competitor("mezzanine", "Mezzanine", "mezzanine_sites"),
        Competitor(
            "mezzanine-loader", "Mezzanine, cached template loader", "mezzanine_sites", settings={"BENCH_LOADER": "1"}
        ),
        Competitor(
            "mezzanine-cache",
            "Mezzanine, its cache on Redis",
            "mezzanine_sites",
            settings=CACHED | {"BENCH_LOADER": "1"},
        ),
        # 10,000 pages take 64 MiB. With room for fewer, each page would be gone before its host's turn comes again.
        own("own", "Colonnade", CACHE_URL=REDIS, PAGE_CACHE_SECONDS=HOUR, PAGE_CACHE_MB="128"),
        own("own-redis", "Colonnade, pages in Redis only", CACHE_URL=REDIS, PAGE_CACHE_SECONDS=HOUR, PAGE_CACHE_MB="0"),
        own("own-uncached", "Colonnade without a page cache", CACHE_URL=REDIS, PAGE_CACHE_SECONDS="0"),
        own(
            "own-row-security",
            "Colonnade without a page cache, with row security",
            CACHE_URL=REDIS,
            PAGE_CACHE_SECONDS="0",
            DATABASE_URL=PODS,
            DATABASE_ROW_SECURITY="true",
        ),
    )
}
