"""The content version of a site: raised with every change to its content, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import F

from app.tenancy.directory import directory
from app.tenancy.isolation.cross_site import CurrentSiteId
from app.tenancy.sites.models import SiteProfile


def content_changed(model: Any) -> None:
    """Notes that rows of the model changed on the current site: whatever was made from its content is out of date.

    It locks the site until the transaction ends, except for a model that is not content (`SiteRelated.is_content`).
    """
    if not model.is_content:
        return
    SiteProfile.objects.filter(site_id=CurrentSiteId()).update(content_version=F("content_version") + 1)
    transaction.on_commit(directory.expire)


def lock_site() -> None:
    """Until the transaction ends, no other transaction changes content of the current site."""
    list(SiteProfile.objects.select_for_update().filter(site_id=CurrentSiteId()).values_list("pk"))


def content_changed_on(site_ids: Collection[int]) -> None:
    """As `content_changed`, for several sites in one transaction. Code that writes for many sites uses it."""
    # Locked in one order, or two transactions that each hold a site could wait for each other.
    rows = SiteProfile.objects.select_for_update().filter(site__in=site_ids).order_by("pk")
    SiteProfile.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
        content_version=F("content_version") + 1
    )
    transaction.on_commit(directory.expire)
