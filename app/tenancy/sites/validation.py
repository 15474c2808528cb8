"""Writing hosts: one spelling, and never the same host for two sites."""

from __future__ import annotations

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError

from app.tenancy.hosts.names import InvalidHost, normalise_alias, normalise_domain
from app.tenancy.models import Alias, Epoch

LONGEST_DOMAIN = 100  # contrib.sites' column


def clean_domain(raw: str) -> str:
    """The stored spelling of a domain. Raises `ValidationError`."""
    try:
        domain = normalise_domain(raw)
    except InvalidHost as error:
        raise ValidationError(f"{raw!r} is no domain: {error.reason}.") from None
    if len(domain) > LONGEST_DOMAIN:
        raise ValidationError(f"The domain is longer than {LONGEST_DOMAIN} characters.")
    return domain


def clean_alias(raw: str) -> str:
    """The stored spelling of an alias. Raises `ValidationError`."""
    try:
        return normalise_alias(raw)
    except InvalidHost as error:
        raise ValidationError(f"{raw!r} is no alias: {error.reason}.") from None


def refuse_taken(host: str, *, site_id: int | None) -> None:
    """Raises `ValidationError` if a site other than `site_id` has the host, as its domain or as an alias."""
    for owner in Site.objects.filter(domain=host).exclude(pk=site_id or 0):
        raise ValidationError(f"{host} is already the domain of {owner.name}.")
    for alias in Alias.objects.filter(host=host).exclude(site_id=site_id or 0).select_related("site"):
        raise ValidationError(f"{host} is already an alias of {alias.site.name} ({alias.site.domain}).")


def lock() -> None:
    """Lets one transaction at a time change hosts, so that two cannot claim the same one."""
    list(Epoch.objects.select_for_update().filter(pk=1))
