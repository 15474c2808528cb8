"""Host resolution with 10, 1,000 and 100,000 domains: time and queries of a lookup, load time and memory.

The limits: 2 µs and no query for a lookup in the directory, for known and unknown hosts; 40 MiB and 1 s for the
snapshot of 100,000 domains. For comparison: the query of `django.contrib.sites` for each request.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
import timeit
import tracemalloc
from collections.abc import Callable
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

from django.contrib.sites.models import Site  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from app.tenancy.directory import Directory  # noqa: E402
from app.tenancy.hosts.names import parse_host  # noqa: E402
from app.tenancy.hosts.resolver import Fallbacks, effective_host, resolve  # noqa: E402
from app.tenancy.models import SiteProfile  # noqa: E402

LIMIT_SECONDS, LIMIT_LOAD_SECONDS, LIMIT_MIB = 2e-6, 1.0, 40.0
FALLBACKS = Fallbacks(frozenset(), None, 1)


def grow_to(count: int) -> None:
    have = Site.objects.count()
    sites = Site.objects.bulk_create(
        [Site(domain=f"site-{n}.tenants.example", name=f"Site number {n}") for n in range(have, count)], batch_size=5000
    )
    SiteProfile.objects.bulk_create(
        [SiteProfile(site=site, key=f"site-{site.pk}", theme="portico", colour="#2b6a4d") for site in sites],
        batch_size=5000,
    )


def seconds(call: Callable[[], object], number: int = 20_000) -> float:
    """Seconds per call: the median of seven rounds."""
    return median(timeit.repeat(call, number=number, repeat=7)) / number


def load(directory: Directory) -> float:
    started = time.perf_counter()
    directory.snapshot()
    return time.perf_counter() - started


def measure(count: int) -> list[str]:
    """Prints one line of the table; returns the limits that were exceeded."""
    grow_to(count)
    load_seconds = median(load(Directory()) for _ in range(5))
    directory = Directory()
    gc.collect()
    tracemalloc.start()
    directory.snapshot()
    gc.collect()
    mib = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    snapshot = directory.snapshot()
    domain = f"site-{count // 2}.tenants.example"
    with CaptureQueriesContext(connection) as queries:
        hit = seconds(lambda: snapshot.find(domain))
        miss = seconds(lambda: snapshot.find("nowhere.example"))
        whole = seconds(lambda: resolve(
            snapshot,
            effective_host(snapshot, host=f"{domain}:8000", forwarded=None, trusted=False, hops=1).name,
            FALLBACKS,
        ), 5_000)  # fmt: skip
        normalise = seconds(lambda: parse_host(f"{domain}:8000"), 5_000)
    peer = seconds(lambda: Site.objects.get(domain__iexact=domain), 20 if count > 10_000 else 200)
    print(
        f"{count:>9,}  {hit * 1e6:>7.2f}  {miss * 1e6:>7.2f}  {normalise * 1e6:>9.2f}  {whole * 1e6:>7.2f}"
        f"  {len(queries):>7}  {load_seconds:>7.3f}  {mib:>7.1f}  {peer * 1e6:>12,.0f}  {peer / whole:>9,.0f}"
    )
    failed = []
    if max(hit, miss) > LIMIT_SECONDS:
        failed.append(f"{count:,}: a lookup took {max(hit, miss) * 1e6:.2f} µs, more than 2")
    if len(queries):
        failed.append(f"{count:,}: a lookup made {len(queries)} queries")
    if load_seconds > LIMIT_LOAD_SECONDS:
        failed.append(f"{count:,}: loading took {load_seconds:.2f} s, more than 1")
    if mib > LIMIT_MIB:
        failed.append(f"{count:,}: the snapshot takes {mib:.1f} MiB, more than 40")
    return failed


def main() -> int:
    call_command("migrate", verbosity=0)
    print(f"Host resolution on {connection.vendor}, Python {sys.version.split()[0]}; times in µs per call\n")
    print("                  lookup       normalise      total                 snapshot      by query,      times")
    print("  domains      hit     miss         host  per req.  queries   load s      MiB    iexact (µs)  slower")
    failed = [line for count in (10, 1_000, 100_000) for line in measure(count)]
    for line in failed:
        print(f"LIMIT EXCEEDED: {line}")
    connection.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
