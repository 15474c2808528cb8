from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files after `collectstatic`; before it, plain names that WhiteNoise finds in the apps.

    After `collectstatic`, a name that is missing from the manifest is an error.
    """

    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name
