"""Runs what a cluster would run for the chart: containers become processes, Secrets become files."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests import services
from tests.chart.rendering import REPOSITORY, Object, Rendered, containers, pod_spec


@dataclass(frozen=True)
class Stage:
    """A simulated cluster: a folder for what pods mount, and a database in place of the one in the database URL."""

    folder: Path
    database: str

    def run(self, rendered: Rendered, name: str, image: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
        """Runs the container with this name until it ends."""
        command, environment = self.process(rendered, name, image)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def process(self, rendered: Rendered, name: str, image: Path = REPOSITORY) -> tuple[list[str], dict[str, str]]:
        """Command and environment of the container with this name."""
        spec, container = _find(rendered, name)
        places = {mount["mountPath"]: self._mount(rendered, spec, mount["name"]) for mount in container["volumeMounts"]}
        found = {entry["name"]: _moved(str(entry["value"]), places) for entry in container["env"]}
        # This Python in place of the one in the image's entrypoint.
        words = [_moved(word, places) for word in container["args"]]
        command = [sys.executable, str(image / "docker" / "entrypoint"), *words]
        return command, {**services.environment(), "SECRET_KEY": "", **found}

    @contextmanager
    def started(
        self, rendered: Rendered, name: str, image: Path = REPOSITORY, **more: str
    ) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        """Runs the container with this name in the background; returns the process and its log file."""
        command, environment = self.process(rendered, name, image)
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env={**environment, **more}, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, log
        finally:
            services.stop(process)

    def _mount(self, rendered: Rendered, spec: Object, name: str) -> Path:
        volume = next(one for one in spec["volumes"] if one["name"] == name)
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        if "configMap" in volume:
            for file, text in rendered.of("ConfigMap", volume["configMap"]["name"])["data"].items():
                (folder / file).write_text(text)
        for source in volume.get("projected", {}).get("sources", []):
            data = rendered.of("Secret", source["secret"]["name"])["data"]
            for item in source["secret"]["items"]:
                (folder / item["path"]).write_text(self._resolve(base64.b64decode(data[item["key"]]).decode()))
        return folder

    def _resolve(self, text: str) -> str:
        """In place of the cluster's DNS: replaces the database URL by the URL of the test database."""
        return self.database if urlsplit(text).scheme == "postgres" else text


def _find(rendered: Rendered, name: str) -> tuple[Object, Object]:
    for one in rendered.objects:
        spec = pod_spec(one) if one["kind"] in {"Deployment", "Job"} else None
        for container in containers(spec) if spec else []:
            if container["name"] == name:
                return spec or {}, container
    raise LookupError(name)


def _moved(text: str, places: dict[str, Path]) -> str:
    for path, folder in places.items():
        if text == path or text.startswith(f"{path}/"):
            return str(folder) + text.removeprefix(path)
    return text


def image_with(folder: Path, migration: str) -> Path:
    """A copy of the product with one more migration, like the image of the next release."""
    for name in ("app", "docker"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "manage.py", folder)
    last = sorted((folder / "app" / "pages" / "migrations").glob("0*.py"))[-1].stem
    text = f"""from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pages", "{last}")]
    operations = [migrations.RunSQL("{migration}")]
"""
    (folder / "app" / "pages" / "migrations" / "9999_next.py").write_text(text)
    return folder
