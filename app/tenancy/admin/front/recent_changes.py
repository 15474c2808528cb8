"""The newest changes of everybody on the current site, of what a person may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from app.tenancy.audit.verbs import CONTENT_VERBS, Verb
from app.tenancy.models import AuditEntry

MOST_SHOWN = 10
#: So many entries are looked at: of those that a person may not see, and of one row that is saved again and again,
#: there may be any number.
MOST_READ = 100


class Change(NamedTuple):
    who: str
    what: str
    kind: str
    name: str
    time: Any
    #: Empty for a row that was deleted.
    url: str


def recent_changes(request: HttpRequest) -> SafeString:
    changes = [change for change, _ in zip(_changes(request), range(MOST_SHOWN), strict=False)]
    activity = AuditEntry._meta
    may_see_all = request.user.has_perm(f"{activity.app_label}.view_{activity.model_name}")
    return render_to_string(
        "admin/front/recent_changes.html",
        {
            "changes": changes,
            "all": f"{reverse('admin:tenancy_auditentry_changelist')}?kind=content" if may_see_all else "",
        },
    )


def _changes(request: HttpRequest) -> Iterator[Change]:
    """Each row once for each person and verb."""
    entries = AuditEntry.objects.filter(verb__in=CONTENT_VERBS).order_by("-time", "-id")
    seen: set[tuple[str, ...]] = set()
    deleted: set[tuple[str, str]] = set()
    for entry in entries.only("time", "verb", "actor", "target_type", "target_id", "target")[:MOST_READ]:
        row = (entry.target_type, entry.target_id)
        if entry.verb == Verb.DELETED:
            deleted.add(row)
        model = _model(entry.target_type)
        # SECURITY: who may not see a model's rows does not read their names here.
        if model is None or not _may_view(request, model) or (*row, entry.actor, entry.verb) in seen:
            continue
        seen.add((*row, entry.actor, entry.verb))
        kind = str(capfirst(str(model._meta.verbose_name)))
        url = "" if row in deleted else _address(model, entry.target_id)
        yield Change(entry.actor, str(Verb(entry.verb).label), kind, entry.target, entry.time, url)


def _model(label: str) -> Any:
    """None for a model that is not installed any longer."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _may_view(request: HttpRequest, model: Any) -> bool:
    model_admin = admin.site._registry.get(model)
    return model_admin is not None and model_admin.has_view_permission(request)


def _address(model: Any, key: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key]) if key else ""
