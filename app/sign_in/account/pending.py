"""A new e-mail address of an account that waits until its owner opens the link that was mailed there."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from app.accounts.models import User
from app.sign_in.mailing import links

KIND = "email"
PAGE = "confirm_email"


class NotPending(Exception):
    """The link was used, has ended, is of another site, or the account has changed since it was sent."""


def pending_address(person: User) -> EmailAddress | None:
    """The address that waits for its link to be opened."""
    row: EmailAddress | None = EmailAddress.objects.filter(user=person, verified=False).order_by("-pk").first()
    return row


def wait_for(person: User, email: str) -> EmailAddress:
    """Stores an address that waits from now on. Ends an earlier link to the same address."""
    EmailAddress.objects.filter(user=person, email=email).delete()
    made: EmailAddress = EmailAddress.objects.create(user=person, email=email)
    return made


def end_others(row: EmailAddress) -> None:
    """Ends the links to other addresses of the same person."""
    EmailAddress.objects.filter(user=row.user_id, verified=False).exclude(pk=row.pk).delete()


def withdraw(person: User) -> None:
    """Ends the link to the address that waits, if there is one."""
    EmailAddress.objects.filter(user=person, verified=False).delete()


def link_to(row: EmailAddress) -> str:
    return links.address(PAGE, links.make_key(KIND, row.pk, _state(row)))


def address_of(key: str) -> EmailAddress:
    """The address that a link of the current site confirms. Raises `NotPending`."""
    rows = EmailAddress.objects.select_related("user")
    row: EmailAddress | None = rows.filter(pk=links.pk_in(key) or 0, verified=False).first()
    if row is None or not row.user.is_active or not links.is_valid(KIND, key, _state(row)):
        raise NotPending
    return row


def confirm(key: str) -> tuple[EmailAddress, str]:
    """Makes the address the person's; returns it and the one before. Raises `NotPending`; `IntegrityError` if it is
    that of another account by now."""
    with transaction.atomic():
        # Two requests with one link, and a new password meanwhile: the second one waits here.
        User.objects.select_for_update().get(pk=address_of(key).user_id)
        row = address_of(key)
        before = row.user.email
        mine = EmailAddress.objects.filter(user=row.user)
        mine.filter(pk=row.pk).update(verified=True)
        mine.exclude(pk=row.pk).delete()
        mine.update(primary=True)
        User.objects.filter(pk=row.user_id).update(email=row.email)
    row.user.email = row.email
    return row, before


def _state(row: EmailAddress) -> str:
    # SECURITY: every way to set a password ends the link. Who asked for it may have been somebody else.
    user = row.user
    return f"{row.email} {user.password} {user.email} {user.is_active}"
