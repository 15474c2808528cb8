from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from app.tenancy.audit.models import AuditEntry

BATCH = 5000


def prune(days: int) -> int:
    """Deletes the entries of all sites that are older than this number of days. Returns how many there were."""
    # all_sites: the list of every site, and that of the platform.
    old = AuditEntry.all_sites.filter(time__lt=timezone.now() - timedelta(days=days))
    deleted = 0
    # In batches, so that no statement is long after a change of the setting.
    while keys := list(old.order_by("time").values_list("pk", flat=True)[:BATCH]):
        deleted += AuditEntry.all_sites.filter(pk__in=keys).delete()[0]
    return deleted
