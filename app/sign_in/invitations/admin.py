"""The invitations of the current site, for those who may change its members."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in.client import client_address
from app.sign_in.invitations import inviting
from app.sign_in.invitations.forms import InviteForm
from app.sign_in.invitations.models import Invitation
from app.sign_in.mailing import server
from app.sign_in.rate_limit import RateLimited
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb
from app.tenancy.models import Membership

LIST = "admin:sign_in_invitation_changelist"
NOT_SENT = _("The mail could not be sent. What is listed as “not sent” can be sent again; otherwise nothing was saved.")
NOT_TOLD = _(
    "%(email)s has an account already. The person is a member now; the mail that says so could not be sent. "
    "Please tell the person yourself."
)


@admin.register(Invitation)
class InvitationAdmin(SiteRelatedAdmin[Invitation]):
    records_itself = True  # app.sign_in.invitations
    list_display = ("email", "role", "shown_state", "invited_by", "sent_at")
    list_select_related = ("role", "invited_by")
    search_fields = ("email",)
    fields = ("email", "role", "shown_state", "invited_by", "created_at", "sent_at", "accepted_by")
    readonly_fields = fields
    actions = None
    change_form_template = "admin/sign_in/invitation/change_form.html"

    @admin.display(description=_("state"))
    def shown_state(self, invitation: Invitation) -> str:
        return str(invitation.state.label)

    # The rights are those on members: an invitation is a membership to be.

    def has_view_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("tenancy.view_membership")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tenancy.add_membership")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        # SECURITY: as with members, nobody deals with a role that she could not give.
        return inviting.may_give(cast("User", request.user), obj.role)

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        may_delete = request.user.has_perm("tenancy.delete_membership")
        return may_delete and (obj is None or self.has_change_permission(request, obj))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        # Not Django's view, which is one transaction: a mail server must not keep a transaction open.
        if not self.has_add_permission(request):
            raise PermissionDenied
        person, sends_mail = cast("User", request.user), server.is_set_up()
        form = InviteForm(person, request.POST if request.method == "POST" and sends_mail else None)
        status = 200
        if form.is_valid():
            email, role = form.cleaned_data["email"], form.cleaned_data["role"]
            try:
                return self._invited(request, email, inviting.invite(email, role, person, client_address(request)))
            except inviting.MemberNotTold:
                messages.warning(request, NOT_TOLD % {"email": email})
                return HttpResponseRedirect(reverse(LIST))
            except server.MailNotSent:
                form.add_error(None, NOT_SENT)
            except ValidationError as error:
                form.add_error(None, error)
                status = 429 if isinstance(error, RateLimited) else 200
        context = {**self.admin_site.each_context(request), "title": _("Invite by e-mail"), "opts": self.opts}
        context |= {"form": form, "sends_mail": sends_mail}
        return render(request, "admin/sign_in/invitation/invite.html", context, status=status)

    def _invited(self, request: HttpRequest, email: str, made: Invitation | Membership) -> HttpResponse:
        if isinstance(made, Invitation):
            self.log_addition(request, made, [{"added": {}}])
            messages.success(request, _("%(email)s was invited. The link ends in a day.") % {"email": email})
        else:
            text = _("%(email)s has an account already. The person is a member now, and was told so by mail.")
            messages.success(request, text % {"email": email})
        return HttpResponseRedirect(reverse(LIST))

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        record(Verb.DELETED, target=obj)
        super().delete_model(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        invitation = self.get_object(request, unquote(object_id))
        if invitation is None:
            raise Http404
        if request.method == "POST" and not self.has_change_permission(request, invitation):
            raise PermissionDenied
        if "_send" in request.POST:
            return self._send_again(request, invitation)
        if "_withdraw" in request.POST:
            return self._withdraw(request, invitation)
        context = {**(extra_context or {}), "title": invitation.email, "subtitle": None}
        return super().change_view(request, object_id, form_url, context)

    def _send_again(self, request: HttpRequest, invitation: Invitation) -> HttpResponse:
        try:
            if not invitation.is_waiting:
                raise ValidationError(_("It was accepted or withdrawn already."))
            if not server.is_set_up():
                raise ValidationError(_("This platform sends no mail: EMAIL_URL is not set."))
            inviting.send_again(invitation, cast("User", request.user), client_address(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except server.MailNotSent:
            messages.error(request, NOT_SENT)
        else:
            self.log_change(request, invitation, "Sent again.")
            messages.success(request, _("The invitation was sent again. The link that was sent before has ended."))
        return HttpResponseRedirect(reverse(LIST))

    def _withdraw(self, request: HttpRequest, invitation: Invitation) -> HttpResponse:
        if not invitation.is_waiting:
            messages.error(request, _("It was accepted or withdrawn already."))
        else:
            inviting.withdraw(invitation)
            self.log_change(request, invitation, "Withdrawn.")
            messages.success(request, _("The invitation was withdrawn. Its link has ended."))
        return HttpResponseRedirect(reverse(LIST))
