"""The script of the dialogs in the admin. Other scripts import it by name, whatever its file is called."""

from __future__ import annotations

from js_asset import ImportMap, Media

_IMPORT_MAP = ImportMap({"colonnade/dialog": "media/dialog.js"})


def dialog_media() -> Media:
    """For a widget whose script has `import … from "colonnade/dialog"`."""
    return Media(importmap=_IMPORT_MAP)
