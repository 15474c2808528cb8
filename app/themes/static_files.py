from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponseNotFound
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves what was collected, without the manifest: it lists every file of every theme and app."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        if not url.endswith("/staticfiles.json"):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)


def static_files() -> Mapping[str, StaticFile]:
    """What the middleware serves, by path; nothing while files are looked up anew for each request (DEBUG)."""
    middleware = StaticFilesMiddleware(lambda _: HttpResponseNotFound())
    return {} if middleware.autorefresh else middleware.files
