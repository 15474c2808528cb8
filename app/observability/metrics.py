"""The Prometheus metrics. Every name here has an entry in docs/operate.md; labels are bounded.

A gauge is `livemin` or `livemax`: a plain `min` would include workers that have ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from heapq import nsmallest

from prometheus_client import Counter, Gauge, Histogram

from app.extension import declared
from app.observability.collectors import BackgroundCollector

REQUESTS = Counter("colonnade_requests", "Requests by site and status.", ["site", "status"])
REQUEST_SECONDS = Histogram(
    "colonnade_request_seconds",
    "Time from a request's arrival in Django to its response's headers.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RESOLUTIONS = Counter("colonnade_site_resolutions", "Requests by the step that chose the site.", ["source"])
PAGE_CACHE = Counter(
    "colonnade_page_cache",
    "Requests for pages by result: hit, shared (found in Redis), stale, miss (made and stored), pass (not stored).",
    ["result"],
)
HOSTS_REFUSED = Counter("colonnade_hosts_refused", "Requests whose host was refused, by reason.", ["reason"])
TLS_ASKS = Counter("colonnade_tls_asks", "Requests of /tls/ask by result: allowed, denied, unavailable.", ["result"])
SIGN_INS_FAILED = Counter("colonnade_sign_ins_failed", "Sign-ins with a wrong password or without a role.")
DIRECTORY_LOADS = Counter("colonnade_directory_loads", "Times the site directory was loaded.")
DIRECTORY_FAULTS = Counter("colonnade_directory_faults", "Failed reads of the epoch.")
DIRECTORY_SITES = Gauge("colonnade_directory_sites", "Sites in the directory.", multiprocess_mode="livemax")
DIRECTORY_EPOCH = Gauge(
    "colonnade_directory_epoch",
    "Epoch of the directory of the worker that is furthest behind; 0 before its first load.",
    multiprocess_mode="livemin",
)
DIRECTORY_CHECKED = Gauge(
    "colonnade_directory_checked_timestamp_seconds",
    "When the worker that is furthest behind last found its directory current; 0 for never.",
    multiprocess_mode="livemin",
)

LABELLED_SITES = 100
_labelled: frozenset[int] = frozenset()
# To find a counter by its labels takes longer than to raise it. Bounded as the labels are.
_requests: dict[tuple[str, int], Counter] = {}
_resolutions: dict[str, Counter] = {}
_pages: dict[str, Counter] = {}


def set_labelled_sites(ids: Iterable[int]) -> None:
    """Gives the lowest hundred of all site ids a label of their own. To be called when the sites have changed.

    By this rule every worker labels a site alike; otherwise its count would be split between two series.
    """
    global _labelled
    _labelled = frozenset(nsmallest(LABELLED_SITES, ids))


def site_label(site_id: int | None) -> str:
    """The `site` label: an id, `other`, or `none` for a request without a site. A client cannot add a value."""
    if site_id is None:
        return "none"
    return str(site_id) if site_id in _labelled else "other"


def count_request(site_id: int | None, status: int, seconds: float) -> None:
    """Counts a request that was served: its site, status, and the time until its headers were known."""
    key = (site_label(site_id), status)
    counter = _requests.get(key)
    if counter is None:
        counter = _requests[key] = REQUESTS.labels(key[0], str(status))
    counter.inc()
    REQUEST_SECONDS.observe(seconds)


def count_resolution(source: str) -> None:
    """Counts a request by the step that chose its site."""
    _kept(_resolutions, RESOLUTIONS, source).inc()


def count_page(result: str) -> None:
    """Counts a request for a page by what the page cache did."""
    _kept(_pages, PAGE_CACHE, result).inc()


def _kept(counters: dict[str, Counter], family: Counter, label: str) -> Counter:
    counter = counters.get(label)
    if counter is None:
        counter = counters[label] = family.labels(label)
    return counter


@cache
def collectors() -> tuple[BackgroundCollector, ...]:
    """The metrics that apps declare: read when Prometheus scrapes, for example from the database."""
    return tuple(BackgroundCollector(source) for source in declared("metrics"))
