"""The Prometheus figures. Every name here has an entry in docs/operate.md; labels are bounded.

A gauge is `livemin` or `livemax`: a plain `min` would go on counting workers that are long gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import Counter, Gauge, Histogram, Metric

from app.observability import metrics_directory
from app.observability.collectors import BackgroundCollector
from app.observability.site_labels import SiteLabels

REQUESTS = Counter("colonnade_requests", "Requests by site and status.", ["site", "status"])
REQUEST_SECONDS = Histogram(
    "colonnade_request_seconds",
    "Time from a request's arrival in Django to its response's headers.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RESOLUTIONS = Counter("colonnade_site_resolutions", "Requests by the step that chose the site.", ["source"])
HOSTS_REFUSED = Counter("colonnade_hosts_refused", "Requests whose host was refused, by reason.", ["reason"])
DIRECTORY_LOADS = Counter("colonnade_directory_loads", "Times the site directory was loaded.")
DIRECTORY_FAULTS = Counter("colonnade_directory_faults", "Looks at the epoch that the database refused.")
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

_shared = metrics_directory.known()
site_labels = SiteLabels(_shared / "named-sites" if _shared else None)
collectors: list[BackgroundCollector] = []


def register_collector(collect: Callable[[], Iterable[Metric]]) -> None:
    """Figures that are read when Prometheus asks, from the database say. Register in `AppConfig.ready`.

    `collect` runs in a thread of its own, at most every ten seconds, and never holds up a scrape.
    """
    collectors.append(BackgroundCollector(collect))
