"""Draft, scheduled, published, expired: what a visitor may see at a given moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.tenancy.isolation.managers import SiteManager, SiteQuerySet
from app.tenancy.models import SiteRelated


class PublishableQuerySet(SiteQuerySet[Any]):
    def published(self, at: datetime | None = None) -> Self:
        """What visitors see at a moment (now): published, its time come, not expired."""
        moment = at or timezone.now()
        return self.filter(
            models.Q(publish_at=None) | models.Q(publish_at__lte=moment),
            models.Q(expire_at=None) | models.Q(expire_at__gt=moment),
            status=Publishable.Status.PUBLISHED,
        )


class PublishableManager(SiteManager.from_queryset(PublishableQuerySet)):  # type: ignore[misc]  # built at run time
    def published(self, at: datetime | None = None) -> PublishableQuerySet:
        return self.get_queryset().published(at)  # type: ignore[no-any-return]


class Publishable(SiteRelated):
    """A site's row with a life cycle. `publish_at` and `expire_at` are moments; empty means always."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    expire_at = models.DateTimeField(_("expire at"), null=True, blank=True)

    objects: ClassVar[PublishableManager] = PublishableManager()

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        now = timezone.now()
        return (
            self.status == self.Status.PUBLISHED
            and (self.publish_at is None or self.publish_at <= now)
            and (self.expire_at is None or self.expire_at > now)
        )

    def clean(self) -> None:
        super().clean()
        if self.publish_at and self.expire_at and self.expire_at <= self.publish_at:
            raise ValidationError({"expire_at": _("This is before the moment of publishing.")})
