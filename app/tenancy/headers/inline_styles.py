"""The few styles that pages contain instead of linking to them. The policy names them by their hash."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from app.tenancy.colours import DARK_GROUND, LIGHT_GROUND, contrasting_colour, css_colour, readable_on
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.sites.themes import option_properties
from app.tenancy.text_cache import kept_by_text

#: The small pages of the platform are also shown where no static file is served, for example on an unknown host.
NOTICE = Path(__file__).with_name("notice.css").read_text(encoding="utf-8")

#: The style that the editor for rich text writes into its page (tiptap, in django-prose-editor's editor.js).
EDITOR_HASH = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"


def of_site(site: CurrentSite) -> str:
    """A site's colour and the options of its theme as custom properties: `--site`, and `--site-ink` for text on it;
    `--site-on-light` and `--site-on-dark`, readable on such backgrounds; `--option-NAME`. Empty if it has neither."""
    return _style(css_colour(site.colour), option_properties(site))


@kept_by_text
def _style(colour: str, options: str) -> str:
    declarations = ";".join(filter(None, [_site_properties(colour.lower()), options]))
    return f":root{{{declarations}}}" if declarations else ""


def _site_properties(colour: str) -> str:
    if not colour:
        return ""
    on_light, on_dark = readable_on(colour, LIGHT_GROUND), readable_on(colour, DARK_GROUND)
    ink = contrasting_colour(colour)
    return f"--site:{colour};--site-ink:{ink};--site-on-light:{on_light};--site-on-dark:{on_dark}"


def hash_of(text: str) -> str:
    """A source for `style-src` or `script-src` that allows exactly this text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
