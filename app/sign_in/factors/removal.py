"""A superuser removes the factors of a person who has lost them."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in.account.changes import note
from app.sign_in.factors.summary import factors_of
from app.tenancy.admin.people import PersonAdmin
from app.tenancy.audit.verbs import Verb


class PersonWithFactorsAdmin(PersonAdmin):
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "second_factor")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = [(_("Sign-in"), {"fields": ("second_factor",)})] if obj else []
        return [*super().get_fieldsets(request, obj), *own]

    @admin.display(description=_("second factor"))
    def second_factor(self, person: User) -> str:
        factors = factors_of(person)
        if not (factors.any or factors.codes):
            return "-"
        names = [_("authenticator app")] * bool(factors.app) + [str(passkey) for passkey in factors.passkeys]
        address = reverse("admin:accounts_user_remove_factors", args=[person.pk])
        return format_html('{} <a href="{}">{}</a>', ", ".join(map(str, names)), address, _("Remove"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_factors)
        return [path("<id>/factors/", view, name="accounts_user_remove_factors"), *super().get_urls()]

    def remove_factors(self, request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002  # as in UserAdmin
        # SECURITY: before the look-up: others must not learn which accounts exist.
        if not self.has_change_permission(request):
            raise PermissionDenied
        person = self.get_object(request, unquote(id))
        if person is None:
            raise Http404
        factors = factors_of(person)
        if request.method == "POST" and factors.any:
            self._remove(request, person)
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[person.pk]))
        context = {**self.admin_site.each_context(request), "title": _("Remove the second factors"), "opts": self.opts}
        return TemplateResponse(
            request, "sign_in/remove_factors_of.html", {**context, "person": person, "factors": factors}
        )

    def _remove(self, request: HttpRequest, person: User) -> None:
        rows = Authenticator.objects.filter(user=person)
        methods = sorted(set(rows.values_list("type", flat=True)))
        rows.delete()
        self.log_change(request, person, "Removed the second factors.")
        note(Verb.FACTOR_REMOVED, person, ", ".join(methods), on_platform=True)
        get_adapter().send_notification_mail("factors_removed", person)
        messages.success(request, _("%(person)s signs in without a second factor now.") % {"person": person})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # Addresses that the person confirmed before, or is about to confirm, are not hers by the superuser's word.
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email.lower()).delete()
