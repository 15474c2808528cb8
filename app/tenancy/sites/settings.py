"""The settings of a site as the directory holds them: JSON that is read once, and costs no query."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from app.tenancy.text_cache import kept_by_text

log = logging.getLogger(__name__)


@kept_by_text
def read(stored: str) -> Mapping[str, Any]:
    """The settings by name. What was stored without its check, and is no map, counts as no settings."""
    try:
        values = json.loads(stored) if stored else {}
    except ValueError as fault:
        values = fault
    if isinstance(values, dict):
        return MappingProxyType(values)
    log.error("The settings of a site are not used, because they are no map: %s", values)
    return MappingProxyType({})
