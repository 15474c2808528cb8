"""The third step: the chart is packaged with the digest of its image, and pushed."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

import yaml
from helm_python import HelmError
from helm_python.chart import package

from releases import record as records
from releases import registry, source
from releases.commands import Refused, run
from releases.record import Record

#: The annotation of Chart.yaml that templates/_helpers.tpl reads.
PINNED = "colonnade/image"


def publish(root: Path, record: Record) -> Record:
    """Packages the chart and pushes it, unless the registry has the same already."""
    if not record.image:
        raise Refused("The image comes first: make release-image")
    archive = make(root, record)
    there = registry.digest(record.chart_name, record.version)
    if there is None:
        registry.push_chart(archive, record.chart_name)
        there = registry.digest(record.chart_name, record.version)
    reference = f"{record.chart_name}@{there}"
    with tempfile.TemporaryDirectory() as folder:
        # SECURITY: only what was packaged here is signed, and a published version is never replaced.
        if registry.pull_chart(reference, Path(folder)).read_bytes() != archive.read_bytes():
            raise Refused(
                f"{record.chart_name}:{record.version} exists with another content, {there}."
                " A version is never replaced: take the next one."
            )
    return replace(record, chart=reference)


def make(root: Path, record: Record) -> Path:
    """The archive in dist/VERSION. The same commit and image give the same bytes: its files have the commit's date."""
    seconds = int(run("git", "log", "-1", "--format=%ct", record.commit, folder=root))
    with tempfile.TemporaryDirectory() as staged:
        folder = Path(staged, "colonnade")
        with source.exported(root, record.commit) as tree:
            shutil.copytree(tree / "helm" / "colonnade", folder)
        _pin(folder, record)
        for path in (folder, *folder.rglob("*")):
            os.utime(path, (seconds, seconds))
        try:
            archive = Path(package(folder, destination=records.folder(root, record.version)))
        except HelmError as error:
            raise Refused(f"The chart cannot be packaged: {error}") from error
    os.utime(archive, (seconds, seconds))  # Helm writes it into the manifest
    return archive


def pinned(archive: Path) -> str:
    """The image that a packaged chart installs."""
    with tarfile.open(archive) as tree:
        file = tree.extractfile("colonnade/Chart.yaml")
        chart = yaml.safe_load(file.read() if file else b"")
    return str(chart.get("annotations", {}).get(PINNED, ""))


def _pin(folder: Path, record: Record) -> None:
    chart, values = folder / "Chart.yaml", folder / "values.yaml"
    text = re.sub(r"image: ghcr\.io/colonnade/colonnade:\S+", f"image: {record.image}", chart.read_text(), count=1)
    chart.write_text(text.replace("annotations:\n", f"annotations:\n  {PINNED}: {record.image}\n", 1))
    text = values.read_text().replace("repository: ghcr.io/colonnade/colonnade\n", f"repository: {record.image_name}\n")
    values.write_text(text)
    if yaml.safe_load(chart.read_text())["annotations"].get(PINNED) != record.image:
        raise Refused("helm/colonnade/Chart.yaml has no `annotations:` for the digest of the image.")
    if yaml.safe_load(text)["image"]["repository"] != record.image_name:
        raise Refused("helm/colonnade/values.yaml has no `image.repository: ghcr.io/colonnade/colonnade` to replace.")
