"""`site_settings` in templates: what a site's settings say, read once for all requests, without a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.safestring import SafeString

from app.tenancy.hosts.snapshot import CurrentSite, SiteEntry
from app.tenancy.sites.settings import read
from app.tenancy.sites.values.registered import shown_setting, usable_setting
from app.tenancy.sites.values.social import Profile, profiles
from app.tenancy.text_cache import kept_by_text

#: What the people of a site set for themselves. A file of declared sites leaves those that it does not name.
OWN_SETTINGS = ("tagline", "footer", "language", "time_zone", "logo", "social", "messages", "analytics")


class Logo(NamedTuple):
    """A picture of the site's media library. `alt` is the name of the site, unless the site says otherwise. `icon_url`
    is that of a small rendition if the logo is about as wide as it is high, otherwise empty."""

    url: str
    width: int
    height: int
    alt: str
    icon_url: str


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The settings of one site with a value for each; `footer` is safe HTML. Pages show nothing for an empty value."""

    tagline: str = ""
    footer: SafeString = field(default_factory=SafeString)
    language: str = ""
    time_zone: str = ""
    logo: Logo | None = None
    social: tuple[Profile, ...] = ()
    analytics: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def settings_of(site: CurrentSite | SiteEntry) -> SiteSettings:
    """Makes no query. A value that was stored without its check, and fails it, has no effect."""
    return _shown(site.settings, site.name)


@kept_by_text
def analytics_of(stored: str) -> Mapping[str, str]:
    """The analytics of a site with these settings (JSON); empty for none."""
    return _checked("analytics", stored) or {}


@kept_by_text
def _shown(stored: str, name: str) -> SiteSettings:
    values = {key: _checked(key, stored) for key in OWN_SETTINGS if key != "analytics"}
    logo: Logo | None = values["logo"]
    return SiteSettings(
        tagline=values["tagline"] or "",
        footer=values["footer"] or SafeString(),
        language=values["language"] or settings.LANGUAGE_CODE,
        time_zone=values["time_zone"] or settings.TIME_ZONE,
        logo=logo and logo._replace(alt=logo.alt or name),
        social=profiles(values["social"] or {}),
        analytics=analytics_of(stored),
        messages=values["messages"] or {},
    )


def _checked(name: str, stored: str) -> Any:
    # SECURITY: whatever is stored is checked here too: this sanitises the footer.
    clean = usable_setting(name, read(stored))
    return None if clean is None else shown_setting(name, clean)
