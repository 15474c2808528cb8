"""The tables that Django makes for many-to-many fields: `Note.labels.through.objects` has the current site's links."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from app.tenancy.isolation.content_version import content_changed
from app.tenancy.isolation.cross_site import CurrentSiteId, is_site_related, site_foreign_keys
from app.tenancy.isolation.fixtures import is_loading


class LinksManager(models.Manager[Any]):
    """Links from rows of the current site; raises `NoCurrentSite` without one."""

    def __init__(self, end: str) -> None:
        super().__init__()
        self.end = end
        """The foreign key to the site-related model."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(**{f"{self.end}__site_id": CurrentSiteId()})


def links_changed(action: str, instance: models.Model, **_: Any) -> None:
    """Receiver of `m2m_changed`: what visitors see of a row has changed, although the row itself was not saved."""
    if action in ("post_add", "post_remove", "post_clear") and is_site_related(type(instance)) and not is_loading():
        content_changed(type(instance))


def scope_tables_of_links() -> None:
    """Gives each of these tables its manager. Only when all models are loaded is it known what they link."""
    for model in apps.get_models(include_auto_created=True):
        ends = site_foreign_keys(model)
        if model._meta.auto_created and ends:
            model._meta.local_managers.clear()
            model.add_to_class("objects", LinksManager(ends[0].name))
