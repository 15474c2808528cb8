"""Runs in a pod: asks one Service without a pause until /tmp/stop is there; prints what was counted, as JSON."""

import collections
import http.client
import json
import sys
import threading
import time
from pathlib import Path

service, host = sys.argv[1:]
stop = Path("/tmp/stop")
counts: collections.Counter[str] = collections.Counter()
slowest = 0.0


def ask() -> None:
    global slowest
    while not stop.exists():
        began = time.monotonic()
        connection = http.client.HTTPConnection(service, 80, timeout=20)
        try:
            connection.request("GET", "/", headers={"Host": host})
            status = connection.getresponse().status
            counts["answered" if status < 500 else f"status {status}"] += 1
        except (OSError, http.client.HTTPException) as error:
            counts[f"{type(error).__name__} {error}"] += 1
        finally:
            connection.close()
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.02)


threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
answered = counts.pop("answered", 0)
sys.stdout.write(json.dumps({"answered": answered, "lost": dict(counts), "slowest": round(slowest, 2)}) + "\n")
