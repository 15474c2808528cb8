"""Pages on which a person sets up and removes her second factors."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as codes
from allauth.mfa.totp.internal import flows as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal import flows as passkeys
from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from app.accounts.models import User
from app.sign_in.account.own_page import OwnPage
from app.sign_in.factors.codes import use_step
from app.sign_in.factors.forms import SetUpAppForm
from app.sign_in.factors.passkeys import HOST, AddPasskeyForm, own_host
from app.sign_in.factors.requirement import must_set_up
from app.sign_in.factors.summary import factors_of


class FactorsView(OwnPage, TemplateView):
    """The factors, and ways to add one. Where one is required and missing, every page of the admin leads here."""

    sets_up = True
    template_name = "sign_in/factors.html"
    title = _("Second factor")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "factors": factors_of(self.person), "required": must_set_up(self.person)}


class AddingView(OwnPage, FormView[Any]):
    """A form that adds a factor. The recovery codes that come with the first one are shown next."""

    sets_up = True
    sensitive = True

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def get_success_url(self) -> str:
        return resolve_url("recovery_codes" if factors_of(self.person).codes_unseen else "factors")


class SetUpAppView(AddingView):
    form_class = SetUpAppForm
    template_name = "sign_in/set_up_app.html"
    title = _("Set up an authenticator app")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and factors_of(request.user).app:
            return HttpResponseRedirect(resolve_url("factors"))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        adapter, secret = get_adapter(), context["form"].secret
        picture = adapter.build_totp_svg(adapter.build_totp_url(self.person, secret))
        return {
            **context,
            "qr_code": f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}",
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        }

    @transaction.atomic
    def form_valid(self, form: SetUpAppForm) -> HttpResponse:
        User.objects.select_for_update().get(pk=self.person.pk)  # a second click waits here, and finds the factor
        if factors_of(self.person).app is None:
            factor, _codes = totp.activate_totp(self.request, form)
            use_step(factor.pk, form.step)
        return super().form_valid(form)


class AddPasskeyView(AddingView):
    form_class = AddPasskeyForm
    template_name = "sign_in/add_passkey.html"
    title = _("Add a passkey")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = webauthn.begin_registration(self.person, passwordless=False)
        # Kept on the device if it can, so that it signs in without the user name too.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred"
        return {**super().get_context_data(**kwargs), "options": options, "host": own_host()}

    def form_valid(self, form: AddPasskeyForm) -> HttpResponse:
        data = form.cleaned_data
        factor, _codes = passkeys.add_authenticator(self.request, name=data["name"], credential=data["credential"])
        factor.data[HOST] = own_host()
        factor.save(update_fields=["data"])
        return super().form_valid(form)


class RemovingView(OwnPage, FormView[forms.Form]):
    """Asks, then removes a factor; the recovery codes go with the last one."""

    sensitive = True
    form_class = forms.Form
    template_name = "sign_in/remove_factor.html"
    success_url = reverse_lazy("factors")
    title = _("Remove a second factor")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "factor": self.factor()}

    def factor(self) -> Authenticator:
        raise NotImplementedError


class RemoveAppView(RemovingView):
    def factor(self) -> Authenticator:
        return get_object_or_404(Authenticator, user=self.person, type=Authenticator.Type.TOTP)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        totp.deactivate_totp(self.request, self.factor())
        return super().form_valid(form)


class RemovePasskeyView(RemovingView):
    def factor(self) -> Authenticator:
        mine = {"user": self.person, "type": Authenticator.Type.WEBAUTHN}
        return get_object_or_404(Authenticator, pk=self.kwargs["pk"], **mine)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        passkeys.remove_authenticator(self.request, self.factor())
        return super().form_valid(form)


class RecoveryCodesView(OwnPage, TemplateView):
    """Shows the codes once; after that, only how many are left."""

    sensitive = True
    template_name = "sign_in/recovery_codes.html"
    title = _("Recovery codes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made, may_see = codes.view_recovery_codes(self.request)
        if made is None:
            raise Http404
        lines = made.get_unused_codes() if may_see else []
        return {**super().get_context_data(**kwargs), "codes": lines, "factors": factors_of(self.person)}


class MakeCodesView(OwnPage, FormView[forms.Form]):
    sensitive = True
    form_class = forms.Form
    template_name = "sign_in/make_codes.html"
    success_url = reverse_lazy("recovery_codes")
    title = _("New recovery codes")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if not factors_of(self.person).any:
            raise Http404
        codes.generate_recovery_codes(self.request)
        return super().form_valid(form)


factors = FactorsView.as_view()
set_up_app = SetUpAppView.as_view()
remove_app = RemoveAppView.as_view()
add_passkey = AddPasskeyView.as_view()
remove_passkey = RemovePasskeyView.as_view()
recovery_codes = RecoveryCodesView.as_view()
make_codes = MakeCodesView.as_view()
