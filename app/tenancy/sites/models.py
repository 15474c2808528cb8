"""The tables of sites, beside `django.contrib.sites`' own. Written by `app.tenancy.sites.write` only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from django.contrib.sites.models import Site
from django.db import models
from django.utils.translation import gettext_lazy as _

from app.tenancy.hosts.snapshot import ACTIVE, ARCHIVED, SUSPENDED
from app.tenancy.sites.validation import MAX_ALIAS, validate_colour, validate_key, validate_theme


class Epoch(models.Model):
    """One row; triggers raise it with every change that the directory must notice."""

    value = models.BigIntegerField(default=1)


class SiteProfile(models.Model):
    """What Colonnade stores of a site besides its domain and name."""

    class State(models.TextChoices):
        ACTIVE = ACTIVE, _("Active")
        SUSPENDED = SUSPENDED, _("Suspended: visitors get 503")
        ARCHIVED = ARCHIVED, _("Archived: visitors get 410")

    class Manager(models.TextChoices):
        ADMIN = "admin", _("the admin or a command")
        FILE = "file", _("a file of declared sites")
        UNDECLARED = "gone", _("a file that no longer declares it")

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="profile")
    key = models.SlugField(
        _("key"), max_length=63, unique=True, validators=[validate_key], help_text=_("A short name that never changes.")
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ACTIVE)
    theme = models.SlugField(_("theme"), max_length=50, blank=True, validators=[validate_theme])
    colour = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text=_("Marks the site in the admin and on its pages, such as #1f6f5c."),
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    content_version = models.PositiveBigIntegerField(default=1, editable=False)
    #: Which transaction wrote `content_version`; a trigger sets it (app.tenancy.sites.triggers).
    content_written_in = models.BigIntegerField(default=0, db_default=0, db_index=True, editable=False)
    managed_by = models.CharField(max_length=5, choices=Manager.choices, default=Manager.ADMIN, editable=False)

    #: As of a site-related model: which of the shipped roles may change the settings of their site.
    role_actions: ClassVar[Mapping[str, Collection[str]]] = {"Site admin": ("change",)}
    extra_actions: ClassVar[Mapping[str, str]] = {}
    kind_title = _("Settings of the site")

    class Meta:
        verbose_name = _("settings of the site")
        verbose_name_plural = _("settings of the site")
        default_permissions = ("change",)

    def __str__(self) -> str:
        return self.key


class PendingHost(models.Model):
    """A domain or an alias that is not served before its site has proved it (`app.tenancy.sites.domains.proof`)."""

    host = models.CharField(max_length=MAX_ALIAS, primary_key=True)
    # No foreign key: triggers read and delete this row when the host is given up, also with its site.
    site_id = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return self.host


class ReleasedHost(models.Model):
    """A host that a site gave up. Triggers write it; `app.tenancy.sites.domains.quarantine` reads it."""

    host = models.CharField(max_length=MAX_ALIAS, primary_key=True)
    site_id = models.BigIntegerField(db_index=True)
    released_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.host


class Alias(models.Model):
    """Another host of a site; `*.example.org` matches one or more labels. The host is stored normalised."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="aliases")
    host = models.CharField(_("host"), max_length=MAX_ALIAS, unique=True)
    redirect = models.BooleanField(
        _("redirect"), default=True, help_text=_("Send visitors to the site's own domain; otherwise serve them here.")
    )

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")

    def __str__(self) -> str:
        return self.host
