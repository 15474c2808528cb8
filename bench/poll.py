"""Polls 1,000 sites with 3 feeds each (300 accounts, 20 searches, 10 lists), with a fake X server 50 ms away.

The fake server counts the requests, so the counts are exact. The naive loop sends one request per feed, one after the
other, and stores nothing. It runs for a part of the feeds; the result is multiplied.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.x_api import World, XServer

SITES, FEEDS_PER_SITE, ACCOUNTS, SEARCHES, LISTS = 1_000, 3, 300, 20, 10
NAIVE_PART = 5
LIMIT_CALLS, LIMIT_MIB, LIMIT_RATIO = 20 + SEARCHES + LISTS, 150.0, 20.0
FIRST_LIST = 90_000


def username(number: int) -> str:
    return f"account_{number:07d}"  # fifteen characters, the longest name: as few accounts per request as possible


def sources() -> list[tuple[str, str]]:
    users = [("user", username(number)) for number in range(ACCOUNTS)]
    searches = [("search", f"topic{number}") for number in range(SEARCHES)]
    return users + searches + [("list", str(FIRST_LIST + number)) for number in range(LISTS)]


def serve(pipe: Connection) -> None:
    """The process of the fake server. Sends its URL, and then for each message the counts since the last message."""
    world = World()
    people = [world.account(username(number)) for number in range(ACCOUNTS)]
    for number, person in enumerate(people):
        for age in range(60):
            topic = f"about topic{number % SEARCHES}" if age % 20 == 0 else "about the weather"
            world.post(person, f"Post {age} {topic}", ago=timedelta(hours=2 + age, seconds=number))
    for number in range(LISTS):
        world.lists[FIRST_LIST + number] = {person.remote_id for person in people[number::LISTS]}
    with XServer(world, latency=0.05) as x:
        x.limits["search"] = 100_000  # X would refuse the naive loop after 450 requests
        pipe.send(x.url)
        while message := pipe.recv():
            if message == "write":
                for person in people[::3]:
                    world.post(person, "News about the weather", ago=timedelta(seconds=2))
            counts = Counter(request.endpoint for request in x.requests)
            pipe.send((counts, sum(r.posts for r in x.requests_to("timeline") + x.requests_to("search"))))
            x.reset()


@dataclass
class Measured:
    name: str
    seconds: float
    peak_mib: float
    summary: dict[str, Any]
    counts: Counter[str]
    served: int  # posts in responses to requests with since_id

    @property
    def calls(self) -> int:
        return self.counts.total()

    def __str__(self) -> str:
        requests = ", ".join(f"{count} {endpoint}" for endpoint, count in sorted(self.counts.items()))
        return (
            f"{self.name:<32} {self.calls:>6} calls  {self.summary['posts_read']:>7} posts read  {self.seconds:>7.2f} s"
            f"  {self.peak_mib:>6.1f} MiB   ({requests})"
        )


def poll(name: str, pipe: Connection) -> Measured:
    """One run of the real command in its own process, including the start of Python."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "poll_twitter", "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, output
    pipe.send("count")
    counts, served = pipe.recv()
    return Measured(name, seconds, usage.ru_maxrss / 1024, json.loads(output.splitlines()[-1]), counts, served)


def fill_database() -> None:
    from django.contrib.sites.models import Site
    from django.core.management import call_command

    from app.tenancy.models import SiteProfile
    from app.twitter.models import Feed

    call_command("migrate", verbosity=0)
    sites = Site.objects.bulk_create(Site(domain=f"site-{n}.tenants.example", name=f"Site {n}") for n in range(SITES))
    SiteProfile.objects.bulk_create(SiteProfile(site=site, key=f"bench-{site.pk}") for site in sites)
    all_sources = sources()
    # all_sites: the benchmark creates the rows of all sites together.
    Feed.all_sites.bulk_create(
        Feed(site=site, kind=kind, value=value)
        for place, site in enumerate(sites)
        for kind, value in (all_sources[(place * FEEDS_PER_SITE + n) % len(all_sources)] for n in range(FEEDS_PER_SITE))
    )


def naive_loop(url: str) -> tuple[float, int]:
    """One request per feed, for a part of the feeds. Returns seconds and calls, multiplied to all feeds."""
    from app.twitter.x.client import XClient
    from app.twitter.x.endpoints import LIST, SEARCH

    client = XClient(os.environ["TWITTER_BEARER_TOKEN"], base_url=url)
    all_sources = sources()
    feeds = [all_sources[n % len(all_sources)] for n in range(SITES * FEEDS_PER_SITE // NAIVE_PART)]
    started = time.perf_counter()
    for kind, value in feeds:
        if kind == "list":
            client.read(LIST, [value], size=50, authors=True)
        else:
            query = f"from:{value}" if kind == "user" else value
            client.read(SEARCH, [query], size=50, authors=True)
    return (time.perf_counter() - started) * NAIVE_PART, len(feeds) * NAIVE_PART


def render_page() -> int:
    """The number of queries of a page with a feed, while the network is blocked."""
    from django.db import connection
    from django.template import Context, Template
    from django.test.utils import CaptureQueriesContext

    from app.tenancy.current import use_site
    from app.twitter.models import Tweet

    page = Template(
        '{% load twitter_tags %}{% tweets_default 5 as tweets %}{% include "twitter/tweets.html" with tweets=tweets %}'
    )
    shown = Tweet.all_sites.order_by("pk").values_list("site_id", flat=True).first()
    with use_site(shown or 0), CaptureQueriesContext(connection) as queries:
        socket.socket.connect = None  # type: ignore[method-assign,assignment]  # every connection now fails
        assert "<li" in page.render(Context())
    return len(queries)


def main() -> int:
    here, there = multiprocessing.Pipe()
    multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True).start()
    url = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="app.settings",
            DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{Path(folder) / 'bench.sqlite3'}"),
            SECRET_KEY="only for the benchmark, and long enough to be taken for a real one",
            TWITTER_API_URL=url,
            TWITTER_BEARER_TOKEN="stand-in",
            TWITTER_DAILY_READS="1000000",
        )
        import django

        django.setup()
        fill_database()
        runs = [poll("first poll, fills every feed", here), poll("nothing new", here)]
        here.send("write")
        here.recv()
        runs += [poll("100 new posts", here), poll("nothing new again", here)]
        for run in runs:
            print(run)
        seconds, calls = naive_loop(url)
        print(f"{'naive loop, one call per feed':<32} {calls:>6} calls  {'':>18}  {seconds:>7.2f} s")
        return report(runs, seconds, render_page())


def report(runs: list[Measured], naive_seconds: float, queries: int) -> int:
    steady = runs[1:]
    ratio = naive_seconds / max(run.seconds for run in steady)
    checks = {
        f"calls of a steady poll <= {LIMIT_CALLS}": max(run.calls for run in steady) <= LIMIT_CALLS,
        "a poll with nothing new reads 0 posts": runs[1].summary["posts_read"] == runs[3].summary["posts_read"] == 0,
        "and searches receive none": runs[1].served == runs[3].served == 0,
        f"naive loop / steady poll >= {LIMIT_RATIO:g} (is {ratio:.0f})": ratio >= LIMIT_RATIO,
        f"peak memory < {LIMIT_MIB:g} MiB": max(run.peak_mib for run in runs) < LIMIT_MIB,
        f"queries of a page with a feed <= 1 (is {queries}), no network": queries <= 1,
    }
    for check, passed in checks.items():
        print(f"{'ok  ' if passed else 'FAIL'} {check}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
