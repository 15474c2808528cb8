"""Cache keys carry the site, its theme and the theme's options: one site's fragment is never another's, and that of a
preview is never a visitor's."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from app.tenancy.current import current_site_or_none
from app.tenancy.sites.settings import read


def with_site(key: str, key_prefix: str, version: int) -> str:
    """Django's `KEY_FUNCTION`. An entry that is made without a current site is visible to no site."""
    site = current_site_or_none()
    owner = "-" if site is None else f"{site.id}:{site.theme}{_options(site.settings)}"
    return f"{key_prefix}:{owner}:{version}:{key}"


@lru_cache(maxsize=4096)
def _options(stored: str) -> str:
    options = read(stored).get("options")
    return f"+{hashlib.blake2b(json.dumps(options).encode(), digest_size=8).hexdigest()}" if options else ""
