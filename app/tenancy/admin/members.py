"""The members of the current site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.admin.site_related import SiteRelatedAdmin
from app.tenancy.models import Membership


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
    list_display = ("user", "full_name", "role")
    list_filter = ("role",)
    list_select_related = ("user", "role")
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
