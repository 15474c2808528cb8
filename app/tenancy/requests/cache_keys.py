"""Cache keys carry the site and its looks: one site's fragment is never another's, that of a preview is never a
visitor's, and a change of the settings is seen."""

from __future__ import annotations

import hashlib
import json

from app.tenancy.current import current_site_or_none
from app.tenancy.text_cache import kept_by_text


def with_site(key: str, key_prefix: str, version: int) -> str:
    """Django's `KEY_FUNCTION`. An entry that is made without a current site is visible to no site."""
    site = current_site_or_none()
    owner = "-" if site is None else f"{site.id}:{site.theme}+{_looks(site.name, site.colour, site.settings)}"
    return f"{key_prefix}:{owner}:{version}:{key}"


@kept_by_text
def _looks(*values: str) -> str:
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=8).hexdigest()
