from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import Storage, storages
from django.test import override_settings

from app.media import availability
from app.media.availability import Availability


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Storage]:
    """Files on a disk, as in production."""
    folder = tmp_path / "media"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={"default": backend, "staticfiles": static}, MEDIA_ROOT=str(folder)):
        yield storages["default"]


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Availability:
    """What is known of the bucket; nothing from an earlier test."""
    known = Availability(2, pause_seconds=0)
    monkeypatch.setattr(availability, "bucket", known)
    return known


@pytest.fixture
def folder(storage: Storage) -> Path:
    return Path(storage.path(""))
