"""`footer` in the settings of a site: rich text below every page."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString

from app.publishing.links.references import ATTRIBUTE
from app.publishing.rich_text import sanitise

MAX_CHARACTERS = 5000
# Links of a footer keep the address that they were saved with: a look-up would cost every page a query.
_REFERENCE = re.compile(rf' {ATTRIBUTE}="[^"]*"')


def clean_footer(raw: Any) -> str:
    """The text, sanitised as the body of a page. Raises `ValidationError`."""
    if not isinstance(raw, str):
        raise ValidationError("must be a text of HTML.")
    if len(raw) > MAX_CHARACTERS:
        raise ValidationError(f"must have at most {MAX_CHARACTERS} characters, with its HTML; it has {len(raw)}.")
    return _REFERENCE.sub("", str(sanitise(raw)))


def shown_footer(clean: str) -> SafeString:
    # SECURITY: only for what `clean_footer` returned.
    return SafeString(clean)
