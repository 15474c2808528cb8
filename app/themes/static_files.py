from __future__ import annotations

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves what was collected, without the manifest: it lists every file of every theme and app."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        if not url.endswith("/staticfiles.json"):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
