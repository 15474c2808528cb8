"""`footer` in the settings of a site: rich text below every page."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString

from app.media.markup import with_renditions
from app.publishing.links.references import ATTRIBUTE
from app.publishing.rich_text import sanitise_source

MAX_CHARACTERS = 5000
# Links of a footer keep the address that they were saved with: a look-up would cost every page a query.
_REFERENCE = re.compile(rf' {ATTRIBUTE}="[^"]*"')


def clean_footer(raw: Any) -> str:
    """The text, sanitised as the body of a page, without the sizes of its pictures. Raises `ValidationError`."""
    if not isinstance(raw, str):
        raise ValidationError("must be a text of HTML.")
    clean = _REFERENCE.sub("", sanitise_source(raw))
    # Of what is stored, which has to be accepted again.
    if len(clean) > MAX_CHARACTERS:
        raise ValidationError(f"must have at most {MAX_CHARACTERS} characters, with its HTML; it has {len(clean)}.")
    return clean


def shown_footer(clean: str) -> SafeString:
    # SECURITY: only for what `clean_footer` returned.
    return SafeString(with_renditions(clean))
