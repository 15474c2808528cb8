"""The language and the time zone of a site. Visitors see texts and times in them; they cost no query.

Visitors do not choose: a page has one address and one language, so Accept-Language is not read.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import tzinfo
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation

from app.tenancy.hosts.snapshot import CurrentSite, SiteEntry
from app.tenancy.sites.values.shown import settings_of


class Language(NamedTuple):
    """A language that Django knows, by its code, and a time zone."""

    code: str
    zone: tzinfo


class InLanguage:
    """A context manager in which texts are translated, and times shown, in one language. Blocks nest.

    The first block of a thread sets both, whatever code before it left active. The end of a block restores the one
    around it, or that of the settings.
    """

    __slots__ = ("language", "outer")

    def __init__(self, language: Language) -> None:
        self.language = language
        self.outer: Language | None = None

    def __enter__(self) -> None:
        self.outer = _active.get()
        _active.set(self.language)
        if self.outer != self.language:
            _activate(self.language)

    def __exit__(self, *_: object) -> None:
        _active.set(self.outer)
        after = self.outer or of_platform()
        if after != self.language:
            _activate(after)


_active: ContextVar[Language | None] = ContextVar("language", default=None)


def in_language_of(site: CurrentSite | SiteEntry) -> InLanguage:
    """The block for texts that visitors of a site see, outside of a request: `with in_language_of(site): ...`."""
    return InLanguage(of_site(site))


def of_site(site: CurrentSite | SiteEntry) -> Language:
    """As the settings of the site say."""
    values = settings_of(site)
    return _language(values.language, values.time_zone)


def of_admin(site: CurrentSite | SiteEntry) -> Language:
    """For people who work on a site: the times of the site, in the one language that the admin has."""
    return _language(settings.LANGUAGE_CODE, settings_of(site).time_zone)


@cache
def of_platform() -> Language:
    """For what belongs to no site: `LANGUAGE_CODE` and `TIME_ZONE` of the settings."""
    return _language(settings.LANGUAGE_CODE, settings.TIME_ZONE)


@lru_cache(maxsize=1024)
def _language(code: str, zone: str) -> Language:
    return Language(code, ZoneInfo(zone))


def _activate(language: Language) -> None:
    translation.activate(language.code)
    timezone.activate(language.zone)
