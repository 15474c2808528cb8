"""Base classes of the admin."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse

from app.tenancy.models import LoggedAction

Row = TypeVar("Row", bound=models.Model)


class ReportsConflicts(admin.ModelAdmin[Row]):
    """Two requests may pass validation with the same value. The second one to save gets the form with the message.

    Its first attempt is rolled back as a whole; the validation of the second attempt finds what was in the way.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, ValidationError):
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changelist_view(request, *args, **kwargs)
        except IntegrityError:
            if "_save" not in request.POST:
                raise  # an action, which may have done a part of its work
            return super().changelist_view(request, *args, **kwargs)


class ActionsBelongToTheSite(ReportsConflicts[Row]):
    """Records with every logged action the site on which it was done, so that recent actions are listed per site."""

    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return _record_site(super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return _record_site(super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        entries = super().log_deletions(request, queryset)
        return [_record_site(entry) for entry in entries]


class SiteRelatedAdmin(ActionsBelongToTheSite[Row]):
    """For a `SiteRelated` model. Lists, choices, searches and links see the current site through `objects`."""

    def choice_text(self, row: Row) -> str:
        """The text of a row in a list of choices."""
        return str(row)

    def _get_obj_does_not_exist_redirect(self, *_: Any, **__: Any) -> NoReturn:
        # Django would redirect to the index with a message. A missing row, or another site's, is a 404 here.
        raise Http404


class SuperuserPermissions:
    """For what is above a single site. No role may grant it: a role's permissions hold on one site.

    Every model that is not site-related gets it, unless its admin class sets `open_to_roles = True`.
    """

    def has_module_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = has_module_permission


class SuperusersOnly(SuperuserPermissions, ActionsBelongToTheSite[Row]):
    pass


def _record_site(entry: LogEntry) -> LogEntry:
    LoggedAction.objects.create(entry=entry)
    return entry
