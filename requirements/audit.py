"""`make audit`: are vulnerabilities known of the pinned dependencies?

Exit status 0: none are known. 1: some are, and they are listed. 2: the audit itself failed. 3: the database of
advisories could not be reached, or knows nothing; then nothing was audited. AUDIT_URL names another database with the
interface of OSV.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
FILES = ("run.txt", "dev.txt", "build.txt", "sbom.txt")
CLEAN, VULNERABLE, FAILED, NOT_AUDITED = range(4)
# A package that is no dependency and has a known vulnerability: a database that does not name it is none.
KNOWN = "pycrypto"
KNOWN_LINE = f"{KNOWN}==2.6.1 --hash=sha256:{'0' * 64}\n"
UNREACHABLE = ("requests.exceptions", "could not connect", "timed out")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        known, report = Path(folder, "known.txt"), Path(folder, "report.json")
        known.write_text(KNOWN_LINE, encoding="utf-8")
        files = [argument for file in (known, *(FOLDER / name for name in FILES)) for argument in ("-r", str(file))]
        where = ["--osv-url", os.environ["AUDIT_URL"]] if os.environ.get("AUDIT_URL") else []
        options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--vulnerability-service", "osv"]
        output = ["--format", "json", "--output", str(report)]
        command = [sys.executable, "-m", "pip_audit", *options, *where, *output, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        text = report.read_text(encoding="utf-8") if report.exists() else ""
    status, lines = verdict(text, done.stderr)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return status


def verdict(report: str, errors: str) -> tuple[int, list[str]]:
    """Exit status and lines, of pip-audit's report as JSON (empty if it wrote none) and its messages."""
    if not report:
        reason = (errors.strip().splitlines() or ["no message"])[-1]
        if any(word in errors.lower() for word in UNREACHABLE):
            return NOT_AUDITED, [f"The advisory database could not be reached: not audited. ({reason})"]
        return FAILED, [f"The audit failed: {reason}"]
    dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    vulnerable = [one for one in dependencies if one.get("vulns")]
    if KNOWN not in {one["name"] for one in vulnerable}:
        return NOT_AUDITED, [f"The advisory database does not know the vulnerability of {KNOWN}: not audited."]
    lines = [
        f"{one['name']} {one['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for one in vulnerable
        for found in one["vulns"]
        if one["name"] != KNOWN
    ]
    skipped = [f"{one['name']}: not audited ({one['skip_reason']})" for one in dependencies if "skip_reason" in one]
    if lines:
        return VULNERABLE, [*lines, *skipped]
    if skipped:
        return NOT_AUDITED, skipped
    return CLEAN, [f"No vulnerability is known of {len(dependencies) - 1} dependencies."]


if __name__ == "__main__":
    sys.exit(main())
