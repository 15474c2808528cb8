"""`language` and `time_zone` in the settings of a site."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError

from app.tenancy.sites.values.checks import clean_text, nearest

#: The languages that the platform's own texts are translated to, the original first.
TRANSLATED = ("en", "de", "fr", "es")
LONGEST = 64


@cache
def languages() -> Mapping[str, str]:
    """Code → name in the language itself; those with translated texts first, the others by name."""
    found = {code: str(LANG_INFO[code].get("name_local", name)) for code, name in settings.LANGUAGES}
    others = sorted(found.keys() - set(TRANSLATED), key=lambda code: found[code].casefold())
    return {code: found[code] for code in (*TRANSLATED, *others)}


def clean_language(raw: Any) -> str:
    """Raises `ValidationError`."""
    code = clean_text(raw, LONGEST).lower().replace("_", "-")
    if code in languages():
        return code
    by_name = {str(name).casefold(): known for known, name in settings.LANGUAGES}
    by_name |= {name.casefold(): known for known, name in languages().items()}
    meant = by_name.get(code) or (code.partition("-")[0] if code.partition("-")[0] in languages() else "")
    hint = f" Did you mean {meant}?" if meant else nearest(code, languages())
    raise ValidationError(f"{raw!r} is not a language; must be a code such as {', '.join(TRANSLATED)}.{hint}")


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones of the IANA database."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def clean_time_zone(raw: Any) -> str:
    """Raises `ValidationError`."""
    name = clean_text(raw, LONGEST)
    if name in time_zones():
        return name
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(time_zones())}
    wanted = name.rpartition("/")[2].replace(" ", "_").casefold()
    meant = [zone for city, zone in cities.items() if city.casefold() == wanted]
    hint = f" Did you mean {meant[0]}?" if meant else nearest(name, time_zones())
    raise ValidationError(f"{raw!r} is not a time zone; must be a name such as UTC or Europe/Berlin.{hint}")
