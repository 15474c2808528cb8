"""Accounts and roles are above the sites: superusers only."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.admin.site_related import SuperusersOnly
from app.tenancy.models import Membership

admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(SuperusersOnly[User], UserAdmin[User]):
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

    @admin.display(description=_("works on"))
    def works_on(self, person: User) -> str:
        # all_sites: superusers see the memberships on every site.
        rows = Membership.all_sites.filter(user=person).select_related("site", "role").order_by("site__name")
        return ", ".join(f"{row.site.name} ({row.role})" for row in rows) or "-"


@admin.register(Group)
class RoleAdmin(SuperusersOnly[Group], GroupAdmin):
    pass
