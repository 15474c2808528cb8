from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.tenancy.people.roles import roles_to_give


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ModelChoiceField(Group.objects.none(), label=_("Role"))

    def __init__(self, inviter: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # SECURITY: without it, who may add members could invite herself, by another address, into any role.
        self.fields["role"].queryset = roles_to_give(inviter).order_by("name")  # type: ignore[attr-defined]


class NewAccountForm(UserCreationForm[User]):
    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True
