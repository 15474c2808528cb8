from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from app.sign_in.invitations.models import Invitation
from app.tenancy.models import Membership


def first_steps(request: HttpRequest) -> list[tuple[Any, str]]:
    """The people: until somebody else is a member, or is invited."""
    if not request.user.has_perm("tenancy.add_membership"):
        return []
    if Membership.objects.exclude(user=request.user.pk).exists() or Invitation.objects.exists():
        return []
    return [(_("Invite people"), reverse("admin:sign_in_invitation_add"))]
