"""What the product is made of: pinned, audited, and without secrets."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.commands import environment
from tests.support.programs import PYTHON, ROOT

pytestmark = pytest.mark.process
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s;]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+")
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 3


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_requirement_has_a_version_and_a_hash(file: Path) -> None:
    text = re.sub(r"^ *#.*\n", "", file.read_text(), flags=re.MULTILINE)
    pins = re.sub(r" *\\\n *", " ", text).splitlines()
    assert pins
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==[^\s;]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))


def test_a_package_has_one_version() -> None:
    """Or the tests would run with another one than the image, and the audit would miss it."""
    for file in ("run.txt", "build.txt", "sbom.txt"):
        assert pins(file) <= pins("dev.txt"), file


def test_what_is_declared_is_pinned() -> None:
    declared = (ROOT / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("[tool.uv]")[0]
    names = {name.lower() for name in re.findall(r'^    "([A-Za-z0-9-]+)', declared, re.MULTILINE)}
    assert len(names) > 40
    assert names - {pin.partition("==")[0] for pin in pins("dev.txt")} == set()


class Advisories(BaseHTTPRequestHandler):
    """A database with the interface of OSV, in which the packages of `vulnerable` have a vulnerability."""

    vulnerable: frozenset[str] = frozenset()

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        events = [{"introduced": "0"}, {"fixed": "999"}]
        affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        found = [{"id": "PYSEC-1", "affected": [affected]}] if name in self.vulnerable else []
        body = json.dumps({"vulns": found}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def advisories(*vulnerable: str) -> Iterator[str]:
    handler = type("Handler", (Advisories,), {"vulnerable": frozenset(vulnerable)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audit(**env: str) -> tuple[int, str]:
    command = [PYTHON, "requirements/audit.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment(**env), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_an_audit_names_what_is_vulnerable() -> None:
    with advisories("pycrypto") as url:
        status, text = audit(AUDIT_URL=url)
    assert (status, bool(re.fullmatch(r"No vulnerability is known of \d{3} dependencies\.\n", text))) == (CLEAN, True)
    with advisories("pycrypto", "django") as url:
        status, text = audit(AUDIT_URL=url)
    assert status == VULNERABLE
    assert re.fullmatch(r"django 5\.2\.\d+: PYSEC-1, fixed in 999\n", text)


@pytest.mark.parametrize("database", ["http://127.0.0.1:9/v1/query", "https://nowhere.invalid/v1/query"])
def test_without_the_database_nothing_is_called_safe(database: str) -> None:
    status, text = audit(AUDIT_URL=database, HTTPS_PROXY="http://127.0.0.1:9")
    assert status == NOT_AUDITED
    assert text.startswith("The advisory database could not be reached: not audited.")


def test_a_database_that_knows_nothing_is_none() -> None:
    with advisories() as url:
        status, text = audit(AUDIT_URL=url)
    assert status == NOT_AUDITED
    assert text.endswith("not audited.\n")


HOOK = Path(sys.executable).with_name("detect-secrets-hook")


def secrets_in(*files: Path) -> subprocess.CompletedProcess[str]:
    """As `make lint`."""
    command = [str(HOOK), "--baseline", ".secrets.baseline", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_there_is_no_exception_for_a_secret() -> None:
    assert json.loads((ROOT / ".secrets.baseline").read_text())["results"] == {}


@pytest.mark.parametrize(
    "line",
    [
        'AWS = "AKIA' + 'QYLPMN5HHHFPZAM2"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'token = "ghp_' + "a1" * 18 + '"',
        "url = 'postgres://me:" + "hunter2hunter2@db.example.com/x'",
        'SLACK = "xoxb-' + "34532454-" + "e0" * 9 + '"',
    ],
)
def test_a_secret_is_found(line: str, tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(f"{line}\n")
    found = secrets_in(file)
    assert found.returncode == 1, found.stdout
    assert "file.py:1" in found.stdout


def test_lint_looks_at_every_tracked_file() -> None:
    plan = subprocess.run(["make", "-n", "lint"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "git ls-files -z | xargs -0 .venv/bin/detect-secrets-hook --baseline .secrets.baseline" in plan
    assert shutil.which("git")
