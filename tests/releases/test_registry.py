"""What a step says about a registry that does not do what it asks."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from releases.registry import on_loopback
from tests.support.programs import PYTHON, ROOT


class Refusing(BaseHTTPRequestHandler):
    """A registry that has one response."""

    status = 0
    media_type = ""

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        if self.media_type:
            self.send_header("Content-Type", self.media_type)
            self.send_header("Content-Length", "2")
            self.send_header("Docker-Content-Digest", f"sha256:{'0' * 64}")
        self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def refusing(status: int, media_type: str = "") -> Iterator[str]:
    response = {"status": status, "media_type": media_type}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Refusing,), response))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def verify(host: str) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, "-m", "releases", "verify", "--version", "1.2.3", "--registry", host]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "error: The registry {host} refused access: docker login {host}\n"),
        (403, "error: The registry {host} refused access: docker login {host}\n"),
        (404, "error: {host}/colonnade:1.2.3 does not exist.\n"),
        (400, "error: The registry {host} did not respond as expected. ("),
    ],
)
def test_what_to_do_is_in_the_message(status: int, reason: str) -> None:
    with refusing(status) as host:
        done = verify(host)
    assert done.returncode == 1
    assert done.stderr.startswith(reason.format(host=host)), done.stderr


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"],
)
def test_an_index_is_not_one_image(media_type: str) -> None:
    """`docker pull` resolves it to the image of one platform, and the index itself would be signed."""
    with refusing(200, media_type) as host:
        done = verify(host)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {host}/colonnade:1.2.3 is not one image or chart, but {media_type}. Take the next version.\n"
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("127.0.0.1:5000/colonnade", True),
        ("localhost:5000/colonnade@sha256:0", True),
        ("localhost/colonnade", True),
        ("ghcr.io/colonnade/colonnade", False),
        ("10.0.0.1:5000/colonnade", False),
        ("127.0.0.1.example.org/colonnade", False),
    ],
)
def test_only_loopback_is_used_without_tls(name: str, plain: bool) -> None:
    assert on_loopback(name) is plain
