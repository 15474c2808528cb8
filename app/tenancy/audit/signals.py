"""Receivers that fill the audit list: sign-ins of any view, and every change of a membership."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.tenancy.audit.record import record, record_repeated
from app.tenancy.audit.verbs import Verb
from app.tenancy.models import Membership


def signed_in(user: User, **_: object) -> None:
    record(Verb.SIGNED_IN, actor=user)


def signed_out(user: User | None, **_: object) -> None:
    if user is not None:
        record(Verb.SIGNED_OUT, actor=user)


def sign_in_failed(credentials: dict[str, Any], **_: object) -> None:
    """Receiver of `user_login_failed`."""
    record_failed_sign_in(str(credentials.get("username", "")))


def record_failed_sign_in(username: str) -> None:
    """Counts a failed sign-in on the current site. The entry names the account only if it is a member's."""
    # SECURITY: people type passwords into the field of the name; and who else has an account is no site's business.
    member = Membership.objects.filter(user__username=username[:150]).exists()
    record_repeated(Verb.SIGN_IN_FAILED, account=username if member else "")


def note_role_before(instance: Membership, raw: bool = False, **_: object) -> None:
    """Receiver of `pre_save`: the role that the change replaces."""
    # all_sites: save() refuses a row of another site with its own error.
    stored = Membership.all_sites.filter(pk=instance.pk).values_list("role__name", flat=True)
    vars(instance)["_role_before"] = None if raw or instance.pk is None else stored.first()


def membership_saved(instance: Membership, raw: bool = False, **_: object) -> None:
    before, role = vars(instance).get("_role_before"), instance.role.name
    if raw or before == role:
        return
    verb, change = (Verb.MEMBER_ADDED, role) if before is None else (Verb.ROLE_CHANGED, f"{before} → {role}")
    record(verb, target=instance.user, details={"role": change}, site_id=instance.site_id)


def membership_deleted(instance: Membership, origin: Any = None, **_: object) -> None:
    if Site in {type(origin), getattr(origin, "model", None)}:
        return  # the list goes with the site
    role = Group.objects.filter(pk=instance.role_id).values_list("name", flat=True).first()
    record(Verb.MEMBER_REMOVED, target=instance.user, details={"role": role or ""}, site_id=instance.site_id)
