"""What the isolation tests have to know of this app."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from app.testing.data.values import PIXEL


def pytest_isolation_values(model: type[Any], text: str, number: int) -> dict[str, Any] | None:
    """The first file of each site is a picture, the others are texts."""
    is_picture = model._meta.label == "media.MediaFile" and number == 0
    return {"file": ContentFile(PIXEL, name=f"{text}.gif")} if is_picture else None


def pytest_isolation_all_sites() -> list[tuple[str, str, str]]:
    return [("superuser", "admin:third_party_banner_*", "A banner is shared by several sites.")]
