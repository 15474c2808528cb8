"""Who did what, when and from where: one table for every site and for the platform."""

from __future__ import annotations

from typing import Any

from django.contrib.sites.models import Site
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.tenancy.isolation.site_related import SiteRelated

LONGEST_NAME = 150
LONGEST_TEXT = 200


class AuditEntry(SiteRelated):
    """What one person did on one site, or on the platform (`site` is empty). Written by `app.tenancy.audit.record`.

    Ids and names are copied, so that an entry stays as it is when the account or the object is deleted.
    """

    # As in SiteRelated, but an entry of the platform has no site: `objects` never returns it.
    site: models.ForeignKey[Any, Any] = models.ForeignKey(
        Site, on_delete=models.CASCADE, editable=False, null=True, related_name="+"
    )
    time = models.DateTimeField(_("time"), default=timezone.now)
    verb = models.CharField(_("what"), max_length=40)
    #: Empty for an anonymous person; the name of the command for a command.
    actor = models.CharField(_("who"), max_length=LONGEST_NAME, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    target_type = models.CharField(max_length=100, blank=True)
    target_id = models.CharField(max_length=100, blank=True)
    target = models.CharField(_("object"), max_length=LONGEST_TEXT, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    agent = models.CharField(_("browser"), max_length=LONGEST_TEXT, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    #: An entry that stands for many events has the number of its time window, and is the only one in it.
    window = models.BigIntegerField(null=True, blank=True, editable=False)
    count = models.PositiveIntegerField(default=1, editable=False)

    role_actions = {"Site admin": ("view",)}
    is_content = False  # otherwise a sign-in would wait for the writers of the site

    class Meta:
        verbose_name = _("activity entry")
        verbose_name_plural = _("activity entries")
        default_permissions = ("view",)
        ordering = ("-time",)
        constraints = [
            models.UniqueConstraint(fields=["site", "verb", "window"], name="one_entry_per_site_verb_and_window")
        ]
        indexes = [
            models.Index(fields=["site", "-time", "-id"], name="audit_of_a_site"),
            models.Index(fields=["-time", "-id"], name="audit_of_all_sites"),
            # Most entries of a site are sign-ins: the front page of the admin does not read them.
            models.Index(
                fields=["site", "-time", "-id"],
                name="audit_of_changes",
                condition=models.Q(verb__in=["added", "changed", "deleted"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.time:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.target}".strip()
