"""Who has a second factor, and who needs one (`REQUIRE_MFA`)."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings

from app.tenancy.people.permissions import Person

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
KNOWN = "_has_second_factor"
OFF, STAFF = REQUIREMENTS = ("off", "staff")


def has_factor(user: Person) -> bool:
    """Read once for the instance of a request, if there is one: what is found missing is read again."""
    if not getattr(user, KNOWN, False):
        setattr(user, KNOWN, Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())
    return bool(getattr(user, KNOWN))


def must_set_up(user: Person) -> bool:
    """Whether this person, who may enter the admin, has to set up a second factor first."""
    return settings.REQUIRE_MFA == STAFF and user.is_authenticated and not has_factor(user)
