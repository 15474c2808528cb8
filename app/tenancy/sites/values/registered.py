"""The settings of a site that have a meaning to the platform, and the check of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from app.tenancy.sites.state_messages import clean_messages
from app.tenancy.sites.values.analytics import clean_analytics
from app.tenancy.sites.values.checks import clean_text
from app.tenancy.sites.values.language import clean_language, clean_time_zone
from app.tenancy.sites.values.social import clean_social

log = logging.getLogger(__name__)
MAX_TAGLINE = 200

Clean = Callable[[Any], Any]
Show = Callable[[Any], Any]


def clean_tagline(raw: Any) -> str:
    return clean_text(raw, MAX_TAGLINE)


#: Name → function that returns the stored spelling of any value, or raises `ValidationError`. An empty value is
#: stored as none.
_cleaners: dict[str, Clean] = {
    "tagline": clean_tagline,
    "language": clean_language,
    "time_zone": clean_time_zone,
    "social": clean_social,
    "analytics": clean_analytics,
    "messages": clean_messages,
}


_shown: dict[str, Show] = {}


def register_setting(name: str, clean: Clean, show: Show) -> None:
    """For a setting whose check needs an app above this one. `show` makes what templates get from a clean value.

    Register in `AppConfig.ready`.
    """
    _cleaners[name], _shown[name] = clean, show


def shown_setting(name: str, clean: Any) -> Any:
    """What templates get for a clean value."""
    return _shown[name](clean) if name in _shown else clean


def clean_setting(name: str, raw: Any) -> Any:
    """The stored spelling of a value; None for an empty one. Raises `ValidationError`."""
    return None if raw in (None, "", {}) else _cleaners[name](raw) or None


def usable_setting(name: str, settings: Mapping[str, Any]) -> Any:
    """The stored spelling of one of a site's settings; None for an empty one, and for one that was stored without its
    check and fails it."""
    try:
        return clean_setting(name, settings.get(name))
    except ValidationError as fault:
        log.warning("The setting %s of a site is not used: %s", name, "; ".join(fault.messages))
        return None


def clean_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the registered ones in their stored spelling, without the empty ones.

    Raises one `ValidationError` with all faults.
    """
    clean = dict(settings)
    faults: list[str] = []
    for name in settings.keys() & _cleaners.keys():
        try:
            clean[name] = clean_setting(name, settings[name])
        except ValidationError as fault:
            faults += [f"{name}: {message}" if message[:1] != "[" else f"{name}{message}" for message in fault.messages]
        else:
            if clean[name] is None:
                del clean[name]
    if faults:
        raise ValidationError(sorted(faults))
    return clean
