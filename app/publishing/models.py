"""Draft, scheduled, published, expired: what a visitor may see at a given time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.publishing.review.models import Review
from app.publishing.versions.keeping import keep, last_version
from app.publishing.versions.models import Version
from app.tenancy.isolation.managers import SiteManager, SiteQuerySet
from app.tenancy.models import SiteRelated

__all__ = [
    "Publishable",
    "PublishableManager",
    "PublishableQuerySet",
    "Review",
    "Version",
    "seen_before",
    "was_visible",
]


class PublishableQuerySet(SiteQuerySet[Any]):
    def published(self, at: datetime | models.Expression | None = None) -> Self:
        """What visitors may see at that time (default: now): published, `publish_at` reached, not expired."""
        time = at or timezone.now()
        return self.filter(
            models.Q(publish_at=None) | models.Q(publish_at__lte=time),
            models.Q(expire_at=None) | models.Q(expire_at__gt=time),
            status=Publishable.Status.PUBLISHED,
        )


class PublishableManager(SiteManager.from_queryset(PublishableQuerySet)):  # type: ignore[misc]  # created at run time
    def published(self, at: datetime | models.Expression | None = None) -> PublishableQuerySet:
        return self.get_queryset().published(at)  # type: ignore[no-any-return]


class Publishable(SiteRelated):
    """A site-related row that is published and expires. An empty `publish_at` or `expire_at` sets no limit.

    Every `save()` that changes it stores a version of it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    expire_at = models.DateTimeField(_("expire at"), null=True, blank=True)

    role_actions = {
        name: (*actions, "publish") if name != "Author" else actions
        for name, actions in SiteRelated.role_actions.items()
    }
    extra_actions = {"publish": "Can publish"}
    #: Fields that are not in versions, such as a place in an order: a change of them alone stores none.
    unversioned: ClassVar[frozenset[str]] = frozenset()
    #: Fields that decide who sees a row, and when: to restore a version leaves them as they are.
    not_restored: ClassVar[frozenset[str]] = frozenset({"status", "publish_at", "expire_at"})
    #: The number of the version whose content the next `save()` brings back.
    restored_from: int | None = None
    keeps_versions = True

    objects: ClassVar[PublishableManager] = PublishableManager()

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        """Whether visitors see it, will see it, or have seen it: scheduled and expired rows are published too."""
        return self.status == self.Status.PUBLISHED

    def clean(self) -> None:
        super().clean()
        if self.publish_at and self.expire_at and self.expire_at <= self.publish_at:
            raise ValidationError({"expire_at": _("Must be later than the time of publishing.")})

    def save_base(self, raw: bool = False, *args: Any, **kwargs: Any) -> None:
        # Inside of save(): in its transaction, after it has locked the site.
        last = None if raw else last_version(self)
        super().save_base(raw, *args, **kwargs)
        # A fixture has the versions too, and its many-to-many values come after the row.
        self.keeps_versions = not raw
        if not raw:
            keep(self, last)

    def whole(self) -> Publishable:
        """The row with the fields of its kind, for a model that has kinds with tables of their own."""
        return self


def was_visible(at: datetime) -> models.Q:
    """Rows that visitors see at that time, or have seen before they expired. A draft may have been published earlier:
    no row says so."""
    return models.Q(status=Publishable.Status.PUBLISHED) & (models.Q(publish_at=None) | models.Q(publish_at__lte=at))


def seen_before(row: Publishable, *, itself: bool) -> models.Q:
    """Rows that visitors see now, or have seen. Of `row`, which may be another one after it is saved, `itself` says
    whether they have."""
    seen, this = was_visible(timezone.now()), models.Q(pk=row.pk)
    return seen | this if itself else seen & ~this


def publishable_models() -> list[type[Publishable]]:
    """The installed ones; of a parent and its children the parent, whose table has the columns of all of them."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Publishable) and not any(issubclass(p, Publishable) for p in model._meta.parents)
    ]
