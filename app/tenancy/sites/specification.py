"""A site as it should be. Forms, commands and files all describe a site by this value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError

from app.tenancy.hosts.snapshot import ACTIVE
from app.tenancy.sites import validation
from app.tenancy.sites.models import SiteProfile

CLEAN: Mapping[str, Callable[[Any], Any]] = {
    "key": validation.clean_key,
    "domain": validation.clean_domain,
    "name": validation.clean_name,
    "aliases": validation.clean_aliases,
    "theme": validation.clean_theme,
    "state": validation.clean_state,
    "colour": validation.clean_colour,
    "settings": validation.clean_settings,
}


@dataclass(frozen=True, slots=True)
class SiteSpecification:
    """Values in their stored spelling. Make one with `specify` or `specification_of`."""

    key: str = ""
    domain: str = ""
    name: str = ""
    aliases: Mapping[str, bool] = field(default_factory=dict)
    """Host → whether it redirects to the domain."""
    theme: str = ""
    state: str = ACTIVE
    colour: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def specify(site: SiteSpecification | None = None, /, **values: Any) -> SiteSpecification:
    """A site with some values replaced, or a new one, which is named after its domain unless it has a name.

    Only the given values are checked, and of settings those that differ: what is stored from earlier versions may stay.

    Raises `ValidationError` with an `error_dict` that has every faulty field.
    """
    clean: dict[str, Any] = {}
    faults: dict[str, ValidationError] = {}
    for name, value in values.items():
        try:
            if name == "settings":
                clean[name] = validation.clean_settings(value, site.settings if site else None)
            else:
                clean[name] = CLEAN[name](value)
        except ValidationError as fault:
            faults[name] = fault
    if faults:
        raise ValidationError(faults)
    result = replace(site or SiteSpecification(name=clean.get("domain", "")[: validation.MAX_NAME]), **clean)
    if "settings" in clean:
        stored = site.settings if site else {}
        try:
            result = replace(result, settings=validation.clean_options(result.theme, result.settings, stored))
        except ValidationError as fault:
            raise ValidationError({"settings": fault}) from None
    if result.domain in result.aliases:
        raise ValidationError({"aliases": f"{result.domain} is the site's own domain."})
    return result


def renamed(site: SiteSpecification, domain: str, *, keep_old: bool) -> SiteSpecification:
    """The site under another domain. With `keep_old` the old domain becomes an alias that redirects.

    Raises `ValidationError`.
    """
    new = validation.clean_domain(domain)
    aliases = {host: redirects for host, redirects in site.aliases.items() if host != new}
    if keep_old and new != site.domain:
        aliases[site.domain] = True
    return replace(site, domain=new, aliases=aliases)


def specification_of(profile: SiteProfile) -> SiteSpecification:
    """A stored site."""
    return SiteSpecification(
        key=profile.key,
        domain=profile.site.domain,
        name=profile.site.name,
        aliases={alias.host: alias.redirect for alias in profile.site.aliases.all()},
        theme=profile.theme,
        state=profile.state,
        colour=profile.colour,
        settings=profile.settings,
    )
