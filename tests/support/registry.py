"""A registry for images and charts on loopback, without TLS and without a login."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import free_port, program, running

MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Yields its `host:port`."""
    host = f"127.0.0.1:{free_port()}"
    config = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": host},
    }
    file = folder / "registry.yml"
    file.write_text(json.dumps(config))  # JSON is YAML
    command = [program("docker-registry") or "docker-registry", "serve", str(file)]
    with running(command, port=int(host.rpartition(":")[2]), log=folder / "registry.log", what="the registry"):
        yield host


def digest_of(host: str, path: str, tag: str) -> str | None:
    """What the registry itself says about a tag."""
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("HEAD", f"/v2/{path}/manifests/{tag}", headers={"Accept": MANIFESTS})
        return connection.getresponse().getheader("Docker-Content-Digest")
    finally:
        connection.close()
