from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import Storage, storages
from django.test import override_settings


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Storage]:
    """Files on a disk, as in production."""
    folder = tmp_path / "media"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={"default": backend, "staticfiles": static}, MEDIA_ROOT=str(folder)):
        yield storages["default"]


@pytest.fixture
def folder(storage: Storage) -> Path:
    return Path(storage.path(""))
