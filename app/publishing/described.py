"""What search engines and link previews get to know of published content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Described(models.Model):
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("For search engines and link previews.")
    )
    # The default is in the database too: during an upgrade, pods of the last release still add rows.
    in_sitemap = models.BooleanField(
        _("list for search engines"),
        default=True,
        db_default=True,
        help_text=_("In /sitemap.xml. Otherwise search engines are also told not to list it (X-Robots-Tag: noindex)."),
    )
    #: Empty for rows that were saved last before there was this field.
    updated_at = models.DateTimeField(_("last change"), auto_now=True, null=True)

    class Meta:
        abstract = True


def modified_at(row: Any) -> datetime | None:
    """When what visitors see of a published row changed last: a scheduled one was saved last before it appeared."""
    return max((moment for moment in (row.publish_at, row.updated_at) if moment is not None), default=None)
