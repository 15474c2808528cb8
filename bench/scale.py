"""A million domains on fifty pods: what one process needs is measured, what all of them need together is computed.

`python -m bench scale [DOMAINS]`. docs/scale.md explains the tables.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
import time
import timeit
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import median

folder = tempfile.TemporaryDirectory()
os.environ.update(
    DJANGO_SETTINGS_MODULE="app.settings",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{Path(folder.name) / 'bench.sqlite3'}"),
    SECRET_KEY="only for the benchmark, and long enough to be taken for a real one",
)

import django  # noqa: E402

django.setup()

from cachetools import LRUCache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from app.pagecache.entry import OVERHEAD  # noqa: E402
from app.tenancy.directory import Directory, SiteTables  # noqa: E402

PODS, WORKERS, REFRESH_SECONDS = 50, 2, 1.0
PROCESSES = PODS * WORKERS
PAGE_BYTES, PAGE_CACHE_MB, PAGE_SECONDS = 4_000, 32, 300
REQUESTS_PER_SECOND = 5_000
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= {count}) SELECT i FROM n",
    "postgresql": "SELECT generate_series(2, {count} + 1) AS i",
}


@dataclass(frozen=True)
class Measured:
    """One process with the directory of so many domains; times in seconds."""

    domains: int
    load: float
    mib: float
    quiet_look: float
    look_of_thousand: float
    lookup: float


def fill(count: int) -> None:
    numbers = NUMBERS[connection.vendor].format(count=count)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_site (id, domain, name)"
            f" SELECT i, 'site-' || i || '.tenants.example', 'Site number ' || i FROM ({numbers}) AS numbers"
        )
        columns = "site_id, key, state, theme, colour, settings, content_version, managed_by"
        cursor.execute(
            f"INSERT INTO tenancy_siteprofile ({columns}) SELECT id, 'site-' || id, 'active', 'portico', '#2b6a4d',"
            " '{}', 1, 'admin' FROM django_site WHERE id > 1"
        )
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(count: int) -> Measured:
    fill(count)
    gc.collect()
    before = resident_mib()
    directory, started = Directory(), time.perf_counter()
    snapshot = directory.snapshot()
    load = time.perf_counter() - started
    gc.collect()
    mib = resident_mib() - before
    tables = SiteTables()
    cursor = tables.look(None).cursor

    def quiet() -> None:
        assert not tables.look(cursor).versions

    quiet_look = median(timeit.repeat(quiet, number=20, repeat=5)) / 20
    with connection.cursor() as statement:
        statement.execute("UPDATE tenancy_siteprofile SET content_version = 2 WHERE site_id BETWEEN 2 AND 1001")
    started = time.perf_counter()
    assert len(tables.look(cursor).versions) == 1000
    of_thousand = time.perf_counter() - started
    domain = f"site-{count // 2}.tenants.example"
    lookup = median(timeit.repeat(lambda: snapshot.find(domain), number=20_000, repeat=5)) / 20_000
    return Measured(count, load, mib, quiet_look, of_thousand, lookup)


def print_one_process(found: Measured) -> None:
    print(f"One process, {found.domains:,} domains, {connection.vendor}, Python {sys.version.split()[0]}\n")
    print(f"  load of the directory (cold start)     {found.load:8.2f} s")
    print(f"  memory of the directory                {found.mib:8.0f} MiB")
    print(f"  a host that is known                   {found.lookup * 1e6:8.2f} µs")
    print(f"  a look, nothing changed                {found.quiet_look * 1e3:8.2f} ms")
    print(f"  a look, content of 1,000 sites changed {found.look_of_thousand * 1e3:8.2f} ms")


def print_all_processes(found: Measured) -> None:
    looks = PROCESSES / REFRESH_SECONDS
    print(f"\n{PODS} pods of {WORKERS} processes, a look each {REFRESH_SECONDS:.0f} s\n")
    print(f"  looks per second                       {looks:8.0f}")
    print(f"  of the database's time                 {looks * found.quiet_look * 100:8.1f} % of a core")
    print(f"  directory memory of a pod              {WORKERS * found.mib:8.0f} MiB (after the first reload)")
    print(f"  reads of all pods that start together  {PODS * found.domains:8,.0f} rows")
    print("\n  changes of sites   each process reloads     rows per second, all processes")
    for per_hour in (1, 60, 3600):
        # However many changes fall into one interval, or into one reload, they cost one reload.
        reloads = min(per_hour / 3600, 1 / REFRESH_SECONDS, 1 / found.load)
        share, rows = reloads * found.load * 100, reloads * found.domains * PROCESSES
        print(f"  {per_hour:>8,} an hour   {share:>14.2f} % of a core   {rows:>20,.0f}")
    print("\n  saved pages        rows per look            rows per second, all processes")
    for per_second in (1, 100, 1000):
        rows = per_second * REFRESH_SECONDS
        print(f"  {per_second:>8,} a second  {rows:>14,.0f}             {rows * looks:>20,.0f}")


def print_hit_rates(domains: int) -> None:
    """A simulation: visitors choose sites by Zipf's law; one site gets the rest. One process of all is followed."""
    print(f"\n{REQUESTS_PER_SECOND:,} requests a second over all processes, {PAGE_CACHE_MB} MiB of pages in each\n")
    print("  visitors                                found in process   in Redis   made")
    random.seed(1)
    per_process = REQUESTS_PER_SECOND * PAGE_SECONDS // PROCESSES
    for title, skew, hot in (
        ("all sites alike", 0.0, 0.0),
        ("as usual (Zipf 1.0)", 1.0, 0.0),
        ("one hot site has half, the others idle", 1.0, 0.5),
        ("one hot site has nearly all", 1.0, 0.99),
    ):
        weights = list(accumulate(1 / (rank + 1) ** skew for rank in range(domains)))
        memory: LRUCache[int, bool] = LRUCache(PAGE_CACHE_MB * 2**20 // (PAGE_BYTES + OVERHEAD))
        counts = {"process": 0, "redis": 0, "made": 0}
        expected = REQUESTS_PER_SECOND * PAGE_SECONDS * (1 - hot) / weights[-1]
        for _ in range(per_process):
            site = 0 if random.random() < hot else bisect_left(weights, random.random() * weights[-1])
            if site in memory:
                counts["process"] += 1
            else:
                # Whether another process made it within its lifetime: by the rate at which visitors ask for it.
                asked = expected / (site + 1) ** skew
                counts["redis" if random.random() < asked / (asked + 1) else "made"] += 1
                memory[site] = True
        shares = [counts[name] / per_process * 100 for name in counts]
        print(f"  {title:<40}{shares[0]:>12.1f} %{shares[1]:>10.1f} %{shares[2]:>6.1f} %")


def main(arguments: list[str]) -> int:
    domains = int(arguments[0].replace("_", "")) if arguments else 1_000_000
    call_command("migrate", verbosity=0)
    found = measure(domains)
    print_one_process(found)
    print_all_processes(found)
    print_hit_rates(domains)
    connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
