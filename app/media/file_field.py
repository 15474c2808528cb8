"""The field of a form for a foreign key to the library: a thumbnail and the dialog that the editor has too."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.urls import reverse

from app.media.dialog import dialog_media
from app.media.models import MediaFile


class FileWidget(ForeignKeyRawIdWidget):
    """Without a script it is Django's field for the key of a row, with a link to the list."""

    template_name = "admin/media/file_field.html"

    @property
    def media(self) -> Any:
        return dialog_media("media/file_field.js")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        limits = self._limits()
        is_picture = limits.get("kind") == MediaFile.Kind.PICTURE
        query = {"kind": limits.get("kind", "any"), "private": "" if limits.get("is_private") is False else "1"}
        address = reverse("admin:media_mediafile_upload")
        return context | {
            "file": _row(value),
            "pictures": f"{reverse('admin:media_mediafile_pictures')}?{urlencode(query)}",
            "upload": address if is_picture else f"{address}?kind=any",
            "takes_any": not is_picture,
        }

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:  # noqa: ARG002  # the template shows the row
        return "", ""

    def _limits(self) -> dict[str, Any]:
        limits: Any = self.rel.limit_choices_to
        limits = limits() if callable(limits) else limits
        return limits if isinstance(limits, dict) else {}


def _row(value: Any) -> MediaFile | None:
    try:
        found: MediaFile | None = MediaFile.objects.filter(pk=value).first() if value else None
    except (TypeError, ValueError):
        return None  # what was sent is no key; the form says so
    return found
