"""A draft that waits for somebody who may publish it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.publishing.versions.models import RowReference

LONGEST_NOTE = 1000


class Review(RowReference):
    """The request for the review of a draft, until the row is published. Names and ids of people are copied."""

    asked_by = models.CharField(_("requested by"), max_length=150)
    asked_by_id = models.BigIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField(_("requested"), default=timezone.now)
    asked_note = models.TextField(_("note"), max_length=LONGEST_NOTE, blank=True)
    returned_by = models.CharField(_("returned by"), max_length=150, blank=True)
    returned_by_id = models.BigIntegerField(null=True, blank=True)
    #: Empty: it still waits.
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)
    returned_note = models.TextField(_("note"), max_length=LONGEST_NOTE, blank=True)

    class Meta(RowReference.Meta):
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["site", "label", "key"], name="one_review_per_row")]

    def __str__(self) -> str:
        return f"{self.label} {self.key}"

    @property
    def is_waiting(self) -> bool:
        return self.returned_at is None
