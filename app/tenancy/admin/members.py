"""The members of the current site."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.admin.site_related import SiteRelatedAdmin
from app.tenancy.current import current_site
from app.tenancy.models import Membership
from app.tenancy.people.roles import noting_lost_admins, roles_to_give


class NewMemberForm(forms.ModelForm[Membership]):
    """Takes a user name instead of a choice: a site's administrator does not see the accounts of other sites."""

    username = forms.CharField(
        label=_("User name"), max_length=150, help_text=_("The exact user name of an existing account.")
    )

    class Meta:
        model = Membership
        fields = ("role",)

    def _get_validation_exclusions(self) -> set[str]:
        # The user is found by name; with it in the check, the form reports an existing membership.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook
        return exclusions - {"user"} if self.instance.user_id is not None else exclusions

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        user = User.objects.filter(username=username).first()
        if user is None:
            raise forms.ValidationError(_("There is no account with this user name."))
        self.instance.user = user
        return username


@admin.register(Membership)
class MembershipAdmin(SiteRelatedAdmin[Membership]):
    records_itself = True  # app.tenancy.audit.signals
    admin_group = "people"
    list_display = ("user", "full_name", "role")
    list_filter = ("role",)
    list_select_related = ("user", "role")
    ordering = ("user__username",)  # also of a list of choices, which has several pages
    search_fields = ("user__username", "user__first_name", "user__last_name")
    fields = ("user", "role")

    @admin.display(description=_("name"))
    def full_name(self, member: Membership) -> str:
        return member.user.get_full_name()

    def get_form(self, request: HttpRequest, obj: Membership | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, _: HttpRequest, obj: Membership | None = None) -> Any:
        return ("username", "role") if obj is None else ("user", "role")

    def get_readonly_fields(self, _: HttpRequest, obj: Membership | None = None) -> Any:
        return () if obj is None else ("user",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            # SECURITY: without it, who may add or change members could give herself, or an account of hers, any role.
            kwargs["queryset"] = roles_to_give(cast("User", request.user)).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, member: Membership | None) -> bool:
        # SECURITY: nobody changes her own role, and nobody takes a role that she could not give.
        if member is None:
            return True
        giver = cast("User", request.user)
        if member.user_id == giver.pk:
            return False
        # Without a query: a superuser deletes roles and accounts, and sees all their members listed.
        return giver.is_superuser or roles_to_give(giver).filter(pk=member.role_id).exists()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        with self._noting_lost_admin(request):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        with self._noting_lost_admin(request):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        with self._noting_lost_admin(request):
            super().delete_queryset(request, queryset)

    def _noting_lost_admin(self, request: HttpRequest) -> AbstractContextManager[None]:
        return noting_lost_admins([current_site().id], lambda text: messages.warning(request, text))
