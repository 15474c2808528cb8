from __future__ import annotations

from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files after `collectstatic`; before it, plain names that WhiteNoise finds in the apps.

    After `collectstatic`, a name that is missing from the manifest is an error.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._urls: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The manifest does not change while the process lives, and a template names few files."""
        if settings.DEBUG or not self.hashed_files:
            return str(super().url(name, force))
        if name not in self._urls:
            try:
                self._urls[name] = str(super().url(name, force))
            except ValueError as error:
                raise ValueError(f"{error}. Run manage.py collectstatic, and restart.") from None
        return self._urls[name]

    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name
