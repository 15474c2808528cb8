"""The script of the dialogs in the admin. Other scripts import it by name, whatever its file is called."""

from __future__ import annotations

from django.forms.widgets import Script
from js_asset import ImportMap, Media

_IMPORT_MAP = ImportMap({"colonnade/dialog": "media/dialog.js"})


def dialog_media(*modules: str) -> Media:
    """For a widget whose scripts, these modules or others, have `import … from "colonnade/dialog"`."""
    scripts = [Script(name, type="module") for name in modules]
    return Media(importmap=_IMPORT_MAP, css={"all": ["media/dialog.css"]}, js=scripts)
