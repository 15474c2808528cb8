"""What Lighthouse says of the demo's pages: `make lighthouse`.

Prints a table, and ends with status 1 if a score is below 95, 2 if a program is missing. It writes nothing. The scores
for performance depend on how busy the machine is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.looks.demo import PAGES, served_demo
from tests.support.programs import program

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
#: On a busy machine Chromium sometimes gives it no trace.
ATTEMPTS = 3
TYPES = ("home", "page", "post", "list")


def main() -> int:
    chromium, npx = program("chromium"), shutil.which("npx")
    if chromium is None or npx is None:
        sys.stderr.write(
            "This needs Chromium (Debian package: chromium) and Node.js 18 or newer with npx (Debian packages: nodejs, "
            f"npm). npx installs {LIGHTHOUSE} from the registry of npm.\n"
        )
        return 2
    worst = 100
    sys.stdout.write(_row("theme", "page", *CATEGORIES))
    with served_demo() as port:
        for theme, (site, paths) in PAGES.items():
            for kind in TYPES:
                found = measure([npx, "--yes", LIGHTHOUSE], chromium, f"http://{site}.localhost:{port}{paths[kind]}")
                scores = [round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES]
                sys.stdout.write(_row(theme, kind, *map(str, scores)))
                sys.stdout.writelines(f"  {fault}\n" for fault in faults_of(found, scores))
                sys.stdout.flush()
                worst = min(worst, *scores)
    return 0 if worst >= LEAST else 1


def measure(command: list[str], chromium: str, address: str) -> Mapping[str, Any]:
    """The report of one page."""
    flags = ["--headless=new", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    arguments = [address, "--quiet", "--output=json", "--output-path=stdout", f"--chrome-flags={' '.join(flags)}"]
    env = {**os.environ, "CHROME_PATH": chromium}
    for _ in range(ATTEMPTS):
        done = subprocess.run([*command, *arguments], env=env, stdout=subprocess.PIPE, timeout=300, check=False)
        if done.returncode == 0:
            break
    done.check_returncode()
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def faults_of(report: Mapping[str, Any], scores: list[int]) -> list[str]:
    """The audits that did not pass, of the categories with a score that is too low."""
    low = [name for name, score in zip(CATEGORIES, scores, strict=True) if score < LEAST]
    found = []
    for name in low:
        for reference in report["categories"][name]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            score = audit["score"]
            if score is not None and score < 0.9 and reference["weight"]:
                found.append(f"{name}: {audit['title']} {audit.get('displayValue', '')}")
    return found


def _row(*cells: str) -> str:
    widths = (9, 6, 12, 14, 15, 4)
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
