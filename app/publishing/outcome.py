"""What publishing and withdrawing did, in words for the person who did it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import model_ngettext
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.publishing.models import Publishable

#: In one message, so many rows are named.
MOST_NAMED = 10


@dataclass
class Outcome:
    """The rows of one model that were chosen for an action, by what became of them."""

    opts: Any
    status: str
    changed: list[Publishable] = field(default_factory=list)
    unchanged: list[Publishable] = field(default_factory=list)
    refused: list[tuple[Publishable, ValidationError]] = field(default_factory=list)

    def messages(self) -> Iterator[tuple[int, str]]:
        """Levels and texts."""
        is_published = self.status == Publishable.Status.PUBLISHED
        if self.changed:
            yield messages.SUCCESS, _published(self) if is_published else _withdrawn(self)
        hidden = [row for row in self.changed if is_published and (has_expired(row) or _is_scheduled(row))]
        if hidden:
            yield messages.WARNING, _("Visitors do not see these now, because of their times: %s") % _named(hidden)
        if self.unchanged:
            published, draft = _("Skipped, published before: %s"), _("Skipped, a draft before: %s")
            yield messages.INFO, (published if is_published else draft) % _named(self.unchanged)
        for row, error in self.refused:
            values = {"row": row, "reason": " ".join(error.messages)}
            yield messages.ERROR, _("Skipped: “%(row)s”. %(reason)s") % values


def has_expired(row: Publishable) -> bool:
    return row.is_published and row.expire_at is not None and row.expire_at <= timezone.now()


def _is_scheduled(row: Publishable) -> bool:
    return row.publish_at is not None and row.publish_at > timezone.now()


def _published(outcome: Outcome) -> str:
    count = len(outcome.changed)
    text = ngettext("%(count)d %(models)s was published.", "%(count)d %(models)s were published.", count)
    return text % {"count": count, "models": model_ngettext(outcome.opts, count)}


def _withdrawn(outcome: Outcome) -> str:
    count = len(outcome.changed)
    one, more = "%(count)d %(models)s was turned into a draft.", "%(count)d %(models)s were turned into drafts."
    return ngettext(one, more, count) % {"count": count, "models": model_ngettext(outcome.opts, count)}


def _named(rows: Sequence[Publishable]) -> str:
    names = ", ".join(f"“{row}”" for row in rows[:MOST_NAMED])
    left_out = len(rows) - MOST_NAMED
    return _("%(names)s and %(count)d more") % {"names": names, "count": left_out} if left_out > 0 else names
