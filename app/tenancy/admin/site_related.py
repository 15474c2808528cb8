"""Base classes of the admin."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import models
from django.http import Http404, HttpRequest

from app.tenancy.models import LoggedAction, SiteRelated

Row = TypeVar("Row", bound=models.Model)
SiteRow = TypeVar("SiteRow", bound=SiteRelated)


class ActionsBelongToTheSite(admin.ModelAdmin[Row]):
    """Records with every logged action the site on which it was done, so that recent actions are listed per site."""

    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return _record_site(super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return _record_site(super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        entries = super().log_deletions(request, queryset)
        return [_record_site(entry) for entry in entries]


class SiteRelatedAdmin(ActionsBelongToTheSite[SiteRow]):
    """For a `SiteRelated` model. Lists, choices, searches and links see the current site through `objects`."""

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:  # noqa: ARG002
        # Django would redirect to the index with a message. A missing row, or another site's, is a 404 here.
        raise Http404


class SuperuserPermissions:
    """For what is above a single site. No role may grant it: a role's permissions hold on one site."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return _is_superuser(request)

    has_change_permission = has_delete_permission = has_view_permission


class SuperusersOnly(SuperuserPermissions, ActionsBelongToTheSite[Row]):
    pass


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _record_site(entry: LogEntry) -> LogEntry:
    LoggedAction.objects.create(entry=entry)
    return entry
