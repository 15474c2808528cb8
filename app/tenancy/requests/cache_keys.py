"""Cache keys carry the site and its theme, so that one site's fragment is never another's."""

from __future__ import annotations

from app.tenancy.current import current_site_or_none


def with_site(key: str, key_prefix: str, version: int) -> str:
    """Django's `KEY_FUNCTION`. An entry that is made without a current site is visible to no site."""
    site = current_site_or_none()
    owner = "-" if site is None else f"{site.id}:{site.theme}"
    return f"{key_prefix}:{owner}:{version}:{key}"
