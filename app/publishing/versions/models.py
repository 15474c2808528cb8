"""Earlier contents of publishable rows, of every model and kind, in one table."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.tenancy.isolation.site_related import SiteRelated


class RowReference(SiteRelated):
    """A row of this site, of any publishable model: the label of the model that has the columns of all kinds, and
    the key as text. No foreign key: a new model needs no column here."""

    label = models.CharField(max_length=100)
    key = models.CharField(max_length=100)

    role_actions = {}  # the rights are those on the row
    is_content = False  # visitors see none of it

    class Meta(SiteRelated.Meta):
        abstract = True


class Version(RowReference):
    """What a row contained after one save. Written by `app.publishing.versions.keeping`.

    The name and the id of the person are copied. A deleted account is `deleted:` and its id, as in the log entries.
    """

    class Change(models.TextChoices):
        #: From before there were versions: nobody knows who saved it, and when.
        FOUND = "found", _("Before versions were kept")
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        RESTORED = "restored", _("Restored")

    #: 1 is the first one of the row.
    number = models.PositiveIntegerField(_("number"))
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    #: The name of the command for a command; empty for code that runs for nobody.
    person = models.CharField(_("person"), max_length=150, blank=True)
    person_id = models.BigIntegerField(null=True, blank=True)
    change = models.CharField(_("change"), max_length=9, choices=Change.choices)
    #: For a restored one: the number of the version whose content was restored.
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(_("status"), max_length=9)
    #: The names of the fields that differ from the version before.
    changed_fields: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    #: Name of a field → its value as JSON, for many-to-many fields the keys.
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta(RowReference.Meta):
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        default_permissions = ()
        indexes = [
            models.Index(fields=["site", "label", "key", "-number"], name="versions_of_a_row"),
            models.Index(fields=["site", "person_id", "-saved_at"], name="versions_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.key} {self.number}"
