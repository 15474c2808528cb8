"""Accounts are above the sites: superusers only."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.admin.site_related import SuperusersOnly
from app.tenancy.models import LoggedAction, Membership
from app.tenancy.people.roles import noting_lost_admins


@admin.register(User)
class PersonAdmin(SuperusersOnly[User], UserAdmin[User]):
    admin_group = "people"
    list_display = ("username", "full_name", "email", "works_on", "is_superuser", "is_active")
    list_filter = ("is_superuser", "is_active")
    readonly_fields = ("last_login", "date_joined", "works_on")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Rights"), {"fields": ("is_active", "is_superuser", "works_on")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    @admin.display(description=_("full name"), ordering="last_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, *refusals = super().get_deleted_objects(objs, request)
        for model in (LogEntry, LoggedAction):
            counts.pop(str(model._meta.verbose_name_plural), None)
        return _without_log_entries(deleted), counts, *refusals

    @admin.display(description=_("works on"))
    def works_on(self, person: User) -> str:
        # all_sites: superusers see the memberships on every site.
        rows = Membership.all_sites.filter(user=person).select_related("site", "role").order_by("site__name")
        return ", ".join(f"{row.site.name} ({row.role})" for row in rows) or "-"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        with self._noting_lost_admins(request, [obj.pk]):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with self._noting_lost_admins(request, [obj.pk]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with self._noting_lost_admins(request, list(queryset.values_list("pk", flat=True))):
            super().delete_queryset(request, queryset)

    def _noting_lost_admins(self, request: HttpRequest, people: list[int | None]) -> AbstractContextManager[None]:
        # all_sites: an account is a member of any number of sites.
        sites = list(Membership.all_sites.filter(user__in=people).values_list("site", flat=True))
        return noting_lost_admins(sites, lambda text: messages.warning(request, text))


def _without_log_entries(deleted: list[Any]) -> list[Any]:
    """What goes with an account: log entries stay. A row in the list may be followed by the list of its own rows."""
    kept: list[Any] = []
    stays = False
    for part in deleted:
        if not isinstance(part, list):
            stays = str(part).startswith(f"{capfirst(LogEntry._meta.verbose_name)}: ")
        if not stays:
            kept.append(_without_log_entries(part) if isinstance(part, list) else part)
    return kept
