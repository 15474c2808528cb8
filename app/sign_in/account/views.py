"""The page of one's own account, its name, password and sessions."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.password_change import finalize_password_change
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, UpdateView, View

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.account.changes import note
from app.sign_in.account.own_page import OwnPage
from app.sign_in.account.pending import pending_address, withdraw
from app.sign_in.account.sessions import end_others, end_session, sessions_of
from app.sign_in.client import client_address
from app.sign_in.factors.summary import factors_of
from app.tenancy.audit.verbs import Verb


class AccountView(OwnPage, TemplateView):
    template_name = "sign_in/account.html"
    title = _("Your account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "has_password": settings.PASSWORD_SIGN_IN and self.person.has_usable_password(),
            "factors": factors_of(self.person),
            "pending_address": pending_address(self.person),
            "sessions": sessions_of(self.request, self.person),
        }


class NameForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("first_name", "last_name")


class NameView(OwnPage, UpdateView[User, NameForm]):
    form_class = NameForm
    template_name = "sign_in/form.html"
    success_url = reverse_lazy("account")
    title = _("Name")

    def get_object(self, queryset: Any = None) -> User:  # noqa: ARG002  # Django's signature
        return User.objects.get(pk=self.person.pk)


class PasswordForm(PasswordChangeForm):
    """Django's, with the rate limit of wrong passwords."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        attempt = rate_limit.attempt("password", self.user.get_username(), client_address(self.request))
        password: str = super().clean_old_password()
        attempt.succeeded()
        return password


class PasswordView(OwnPage, FormView[PasswordForm]):
    form_class = PasswordForm
    template_name = "sign_in/form.html"
    success_url = reverse_lazy("account")
    title = _("Password")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.PASSWORD_SIGN_IN:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person, "request": self.request}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        user = form.save()
        finalize_password_change(self.request, user)  # this session stays; those of the old password end
        end_others(self.request, user)
        withdraw(user)
        note(Verb.PASSWORD_CHANGED, user)
        return super().form_valid(form)


class EndSessionView(OwnPage, View):
    """Ends the session of `session`, or all but this one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("session", "")
        if not wanted:
            end_others(request, self.person)
            # What somebody began in one of them must not go on.
            withdraw(self.person)
        elif not (wanted.isdecimal() and len(wanted) < 19 and end_session(request, self.person, int(wanted))):
            raise Http404
        note(Verb.SESSION_ENDED, self.person)
        messages.success(request, _("The session was ended.") if wanted else _("All other sessions were ended."))
        return HttpResponseRedirect(resolve_url("account"))


account = AccountView.as_view()
change_name = NameView.as_view()
change_password = PasswordView.as_view()
end = EndSessionView.as_view()
