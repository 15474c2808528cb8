"""The last check behind `app.tenancy.sites.write`, for rows of sites that other code saves; the first site."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection

from app.tenancy.sites.domains.claims import HostClaim, held_hosts, objections, waiting_hosts
from app.tenancy.sites.domains.pending import add_pending, pending_hosts
from app.tenancy.sites.models import Alias, ReleasedHost, SiteProfile
from app.tenancy.sites.specification import specify
from app.tenancy.sites.validation import clean_alias, clean_domain, clean_options, clean_settings
from app.tenancy.sites.write import free_key, write_site


def clean_before_save(instance: Site, raw: bool = False, **_: object) -> None:
    """Receiver of `pre_save`. Raises `ValidationError`. A fixture (`raw`) is stored as it is."""
    if raw:
        return
    instance.domain = clean_domain(instance.domain)
    domain, held = held_hosts(instance.pk)
    if instance.domain != domain:
        _claim(HostClaim(instance.pk, instance.domain, held_domain=domain, held=held))


def clean_profile_before_save(instance: SiteProfile, raw: bool = False, **_: object) -> None:
    """As `clean_before_save`, for the profile. What is stored already may stay: a theme may have been removed."""
    if raw:
        return
    names = {"key", "state", "theme", "colour"}
    stored = SiteProfile.objects.filter(pk=instance.pk).values(*names, "settings").first() or {}
    stored_settings = stored.get("settings", {})
    changed = {name for name in names if name not in stored or stored[name] != getattr(instance, name)}
    instance.clean_fields(exclude={field.name for field in instance._meta.fields} - changed)
    if instance.settings != stored_settings:
        values = clean_settings(instance.settings, stored_settings)
        instance.settings = clean_options(instance.theme, values, stored_settings)


def clean_alias_before_save(instance: Alias, raw: bool = False, **_: object) -> None:
    """As `clean_before_save`, for an alias."""
    if raw:
        return
    instance.host = clean_alias(instance.host)
    domain, held = held_hosts(instance.site_id)
    if instance.host == domain:
        raise ValidationError(f"{instance.host} is already the site's own domain.")
    _claim(HostClaim(instance.site_id, "", [instance.host], domain, held))


def _claim(claim: HostClaim) -> None:
    """Raises `ValidationError` if the site may not have its new hosts; otherwise stores which are to be proved."""
    messages = [objection.message for objection in objections([claim])]
    if messages:
        raise ValidationError(messages)
    if claim.site_id is not None:
        add_pending(claim.site_id, waiting_hosts(claim, pending_hosts()))


def create_profile(instance: Site, created: bool, raw: bool = False, **_: object) -> None:
    """Receiver of `post_save`: every site has a profile from the moment that it exists."""
    if created and not raw:
        SiteProfile.objects.get_or_create(site=instance, defaults={"key": free_key(instance.domain)})
        add_pending(instance.pk, waiting_hosts(HostClaim(instance.pk, instance.domain), pending_hosts()))


def create_first_site(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, **_: object) -> None:
    """Receiver of `post_migrate`: a single site always exists, with id `SITE_ID` and domain `SITE_DOMAIN`.

    It replaces contrib.sites' own receiver, which would make example.com.
    """
    tables = {model._meta.db_table for model in app_config.get_models()}
    if using != DEFAULT_DB_ALIAS or not tables <= set(connection.introspection.table_names()) or Site.objects.exists():
        return
    ReleasedHost.objects.all().delete()  # an installation without a site starts from the beginning
    pk, domain = settings.DEFAULT_SITE_ID, settings.SITE_DOMAIN
    write_site(specify(key=f"site-{pk}", domain=domain), site_id=pk)
    # A row that was inserted with its id leaves PostgreSQL's sequence behind, and the next site would collide.
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Site]):
            cursor.execute(statement)
