from __future__ import annotations

from django.http.response import HttpResponseBase

from app.tenancy.headers.inline_styles import hash_of
from app.tenancy.headers.policy import add_sources


def allow_import_maps(response: HttpResponseBase) -> None:
    """Adds the import map of a form's widgets, if they have one, to the policy of its page.

    Browsers take an import map only from the page itself, never from a file.
    """
    media = (getattr(response, "context_data", None) or {}).get("media")
    # The media of django-js-asset, which django-prose-editor uses.
    for element in getattr(media, "render_importmap", list)():
        content = element.partition(">")[2].rpartition("<")[0]
        add_sources(response, "script-src", hash_of(content))
