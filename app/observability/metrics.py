"""The Prometheus figures. Every name here has an entry in docs/operate.md; labels are bounded."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

RESOLUTIONS = Counter("colonnade_site_resolutions", "Requests by the step that chose the site.", ["source"])
HOSTS_REFUSED = Counter("colonnade_hosts_refused", "Requests whose host was refused, by reason.", ["reason"])
DIRECTORY_LOADS = Counter("colonnade_directory_loads", "Times this process loaded the site directory.")
DIRECTORY_FAULTS = Counter("colonnade_directory_faults", "Looks at the epoch that the database refused.")
DIRECTORY_SITES = Gauge("colonnade_directory_sites", "Sites in the directory.", multiprocess_mode="max")
DIRECTORY_EPOCH = Gauge("colonnade_directory_epoch", "Epoch of the directory.", multiprocess_mode="min")
DIRECTORY_CHECKED = Gauge(
    "colonnade_directory_checked_timestamp_seconds",
    "When the directory was last found to be current.",
    multiprocess_mode="min",
)
