"""`/media/`: the files of the current site. A public file takes no query: the site is a part of its place."""

from __future__ import annotations

from django.conf import settings
from django.db import connections
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from app.media.names import folder_of
from app.media.serving import serve
from app.tenancy.current import current_site

#: A name is never given to another file, so browsers need not request it again.
IMMUTABLE = "public, max-age=31536000, immutable"
NOT_STORED = "private, no-store"


@require_safe
def public(request: HttpRequest, key: str, name: str) -> HttpResponseBase:
    # SECURITY: the folder is the current site's; no address leads to another one.
    stored = f"{folder_of(current_site().id, key, is_private=False)}/{name}"
    return serve(request, stored, cache_control=IMMUTABLE)


@require_safe
def private(request: HttpRequest, key: str, name: str) -> HttpResponseBase:
    """404 for a person who may not see the library, even if the file exists."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
    if not signed_in or not request.user.has_perm("media.view_mediafile"):
        raise Http404
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()  # a slow reader must not keep it
    stored = f"{folder_of(current_site().id, key, is_private=True)}/{name}"
    return serve(request, stored, cache_control=NOT_STORED)
