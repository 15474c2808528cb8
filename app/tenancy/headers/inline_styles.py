"""The few styles that pages contain instead of linking to them. The policy names them by their hash."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from app.tenancy.colours import contrasting_colour, css_colour

#: The small pages of the platform are also shown where no static file is served, for example on an unknown host.
NOTICE = Path(__file__).with_name("notice.css").read_text(encoding="utf-8")

#: The style that the editor for rich text writes into its page (tiptap, in django-prose-editor's editor.js).
EDITOR_HASH = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"


def colours(colour: str) -> str:
    """A site's colour, and the text colour on it, as the custom properties `--site` and `--site-ink`; or nothing."""
    if not css_colour(colour):
        return ""
    return f":root{{--site:{colour};--site-ink:{contrasting_colour(colour)}}}"


def hash_of(text: str) -> str:
    """A source for `style-src` or `script-src` that allows exactly this text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
