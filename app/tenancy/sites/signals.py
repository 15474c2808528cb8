"""Rows of contrib.sites keep our rules whoever writes them: a normalised domain that is nobody else's, a profile."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.contrib.sites.models import Site
from django.core.management.color import no_style
from django.db import connections, transaction
from django.utils.text import slugify

from app.tenancy.models import SiteProfile
from app.tenancy.sites.validation import clean_domain, refuse_taken


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


def make_first(app_config: AppConfig, using: str = "default", **_: object) -> None:
    """Receiver of `post_migrate`: a single site always exists, with id `SITE_ID` and domain `SITE_DOMAIN`.

    It takes the place of contrib.sites' own receiver, which would make example.com.
    """
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if not {model._meta.db_table for model in app_config.get_models()} <= tables or Site.objects.exists():
        return
    pk = settings.DEFAULT_SITE_ID
    with transaction.atomic(using):
        Site.objects.create(pk=pk, domain=settings.SITE_DOMAIN, name=settings.SITE_DOMAIN[:50])
        SiteProfile.objects.filter(site_id=pk).update(key=f"site-{pk}")
        # A row that was made with its id leaves PostgreSQL's sequence behind, and the next site would collide.
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Site]):
                cursor.execute(statement)
