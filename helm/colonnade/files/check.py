"""Runs in `helm test`: probes succeed, every declared host has a site, and an unknown host has none."""

import http.client
import os
import sys
import time
from urllib.parse import urlsplit

service = urlsplit(os.environ["SERVICE"])
started = time.monotonic()


def get(path: str, host: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection(service.hostname or "", service.port, timeout=10)
    while True:
        try:
            connection.connect()
            break
        except OSError:
            # A NetworkPolicy may let a new pod in only after some seconds.
            if time.monotonic() - started > 30:
                raise
            time.sleep(1)
    # As a proxy that terminated TLS: without this header, every response could be the redirect to HTTPS.
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.getheader("X-Site-Id")


failures = 0
for path in os.environ.get("PATHS", "").split():
    status, _ = get(path, "probe.invalid")
    sys.stdout.write(f"{path}: {status}\n")
    failures += status != 200
for host in os.environ.get("HOSTS", "").split():
    status, site = get("/", host)
    sys.stdout.write(f"{host}: {status}, site {site}\n")
    failures += site is None or status >= 500
if unknown := os.environ.get("UNKNOWN_HOST"):
    status, site = get("/", unknown)
    sys.stdout.write(f"{unknown}: {status}, site {site}\n")
    failures += status != 404 or site is not None
sys.exit(1 if failures else 0)
