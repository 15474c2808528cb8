"""How much the files of a site take, on the front page of the admin."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.media.checking import MEGABYTE
from app.media.models import STORED, MediaFile
from app.tenancy.content_cache import cached_by_content


def storage_panel(request: HttpRequest) -> SafeString:
    if not request.user.has_perm("media.view_mediafile"):
        return SafeString("")
    number, size = cached_by_content("size of the files", _size)
    return render_to_string(
        "admin/media/panel.html", {"number": number, "size": size, "most": settings.MEDIA_SITE_MAX_MB * MEGABYTE}
    )


def _size() -> tuple[int, int]:
    """The sizes are stored with the rows: no file is looked at."""
    found = MediaFile.objects.aggregate(number=Count("pk"), size=STORED)
    return found["number"], found["size"]
