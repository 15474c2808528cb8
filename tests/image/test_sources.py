"""What the Dockerfile and the compose file say, where no engine is needed to see it."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime
from typing import Any

import yaml
from dockerfile_parse import DockerfileParser

from tests.support.programs import ROOT


def test_up_waits_for_every_service_that_ends() -> None:
    """`docker compose up --wait` counts a service that has ended as failed, unless another one waits for its end."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    one_shot = {name for name, one in services.items() if one.get("restart") == "no" and "profiles" not in one}
    waited_for = {
        name
        for service in services.values()
        for name, link in service.get("depends_on", {}).items()
        if link["condition"] == "service_completed_successfully"
    }
    assert one_shot == {"secrets", "release", "demo"}
    assert one_shot <= waited_for
    # So that its section alone can be deleted, as docs/proxies.md says.
    assert services["web"]["depends_on"]["demo"]["required"] is False


def test_the_image_says_when_and_from_what_it_was_built() -> None:
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in _parsed().labels.items()}
    assert labels["created"]
    assert labels["base.name"]
    assert labels["documentation"].startswith("https://")
    assert re.search(r"^FROM \$\{PYTHON_IMAGE\}\n(?:.*\n)*ARG PYTHON_IMAGE\n", (ROOT / "Dockerfile").read_text(), re.M)
    plan = subprocess.run(["make", "-n", "image"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    command = re.search(r"--build-arg CREATED=\$\((.*?)\)", plan)
    assert command is not None
    created = subprocess.run(["sh", "-c", command[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    seconds = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert created.strip().endswith("Z")
    assert datetime.fromisoformat(created.strip()).timestamp() == int(seconds)


def _parsed() -> DockerfileParser:
    return DockerfileParser(str(ROOT), env_replace=False)
