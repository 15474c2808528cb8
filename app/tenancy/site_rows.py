"""Rows of contrib.sites keep our rules whoever writes them: a normalised domain that is nobody else's, a profile."""

from __future__ import annotations

from django.contrib.sites.models import Site
from django.utils.text import slugify

from app.tenancy.hosts import clean_domain, refuse_taken
from app.tenancy.models import SiteProfile


def clean_before_save(instance: Site, raw: bool = False, **_: object) -> None:
    """Receiver of `pre_save`. Raises `ValidationError`. A fixture (`raw`) is taken as it is."""
    if not raw:
        instance.domain = clean_domain(instance.domain)
        refuse_taken(instance.domain, site_id=instance.pk)


def give_profile(instance: Site, created: bool, raw: bool = False, **_: object) -> None:
    """Receiver of `post_save`: every site has a profile from the moment that it exists."""
    if created and not raw:
        SiteProfile.objects.get_or_create(site=instance, defaults={"key": free_key(instance.domain)})


def free_key(domain: str) -> str:
    """A key made from a domain that no site has yet."""
    base = slugify(domain.replace(".", "-"))[:50] or "site"
    key, number = base, 1
    while SiteProfile.objects.filter(key=key).exists():
        number += 1
        key = f"{base}-{number}"
    return key
