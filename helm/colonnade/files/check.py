"""What `helm test` asks: probes answer, every declared host has its site, an unknown one has none."""

import http.client
import os
import sys
from urllib.parse import urlsplit

service = urlsplit(os.environ["SERVICE"])


def ask(path: str, host: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection(service.hostname or "", service.port, timeout=10)
    # As a proxy that ended TLS says it; otherwise every answer may be the redirect to https.
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("X-Site-Id")


faults = 0
for path in os.environ.get("PATHS", "").split():
    status, _ = ask(path, "probe.invalid")
    sys.stdout.write(f"{path}: {status}\n")
    faults += status != 200
for host in os.environ.get("HOSTS", "").split():
    status, site = ask("/", host)
    sys.stdout.write(f"{host}: {status}, site {site}\n")
    faults += site is None or status >= 500
if unknown := os.environ.get("UNKNOWN_HOST"):
    status, site = ask("/", unknown)
    sys.stdout.write(f"{unknown}: {status}, site {site}\n")
    faults += status != 404 or site is not None
sys.exit(1 if faults else 0)
