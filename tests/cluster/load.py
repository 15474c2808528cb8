"""Runs in a pod: requests paths of one address without a pause until /tmp/stop is there; prints the counts as JSON."""

import collections
import http.client
import json
import sys
import threading
import time
from pathlib import Path

address, host, *paths = sys.argv[1:]
stop = Path("/tmp/stop")
NEXT = "This is the next release."  # images/next_release.py writes it on each page
counts: collections.Counter[str] = collections.Counter()
releases: collections.Counter[str] = collections.Counter()
by_path: dict[str, list[tuple[float, float, str]]] = {path: [] for path in paths}  # began, ended, fault


def ask(path: str) -> str:
    """Empty for a response below 500, else what went wrong."""
    connection = http.client.HTTPConnection(address, 80, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__} {error}"
    finally:
        connection.close()
    if response.status >= 500:
        return f"status {response.status}"
    releases["next" if NEXT in text else "first"] += 1
    return ""


def keep_asking(path: str) -> None:
    while not stop.exists():
        began = time.monotonic()
        fault = ask(path)
        by_path[path].append((began, time.monotonic(), fault))
        counts[fault] += 1
        time.sleep(0.02)


def seen(requests: list[tuple[float, float, str]]) -> dict[str, object]:
    """`failing`: seconds from the first request that failed to the end of the last one."""
    failed = [(began, ended) for began, ended, fault in requests if fault]
    return {
        "requests": len(requests),
        "failed": len(failed),
        "slowest": round(max((ended - began for began, ended, _ in requests), default=0.0), 2),
        "failing": round(max(ended for _, ended in failed) - min(began for began, _ in failed), 1) if failed else 0.0,
        "faults": dict(collections.Counter(fault for _, _, fault in requests if fault)),
    }


threads = [threading.Thread(target=keep_asking, args=[paths[number % len(paths)]]) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
result = {
    "answered": counts.pop("", 0),
    "lost": dict(counts),
    "slowest": max(float(str(seen(requests)["slowest"])) for requests in by_path.values()),
    "releases": dict(releases),
    "paths": {path: seen(requests) for path, requests in by_path.items()},
}
sys.stdout.write(json.dumps(result) + "\n")
