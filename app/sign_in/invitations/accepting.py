"""What the recipient of an invitation does with its link."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.sign_in.invitations.inviting import KIND, accounts_with, may_give, state_of
from app.sign_in.invitations.models import Invitation
from app.sign_in.mailing import links
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb
from app.tenancy.models import Membership


class NotValid(Exception):
    """The link was used, has ended, is of another site, or its invitation was withdrawn or would not be permitted."""


class AccountExists(Exception):
    """An account with this address was created meanwhile."""


def invitation_of(key: str, *, lock: bool = False) -> Invitation:
    """The open invitation that a link is for. Raises `NotValid`. With `lock` nobody else uses the link meanwhile."""
    rows = Invitation.objects.select_for_update() if lock else Invitation.objects
    invitation: Invitation | None = rows.filter(pk=links.pk_in(key) or 0).first()
    if invitation is None or not links.is_valid(KIND, key, state_of(invitation)):
        raise NotValid
    # SECURITY: an administrator whose own role was removed since must not come back by an address of hers.
    if not may_give(invitation.invited_by, invitation.role):
        raise NotValid
    return invitation


def account_for(invitation: Invitation) -> User | None:
    """The account that the person has already, created after the invitation was sent. Raises `NotValid`."""
    accounts = accounts_with(invitation.email)
    if not accounts and not settings.PASSWORD_SIGN_IN:
        raise NotValid
    # SECURITY: a closed account must not be replaced by a new one.
    if len(accounts) > 1 or not all(account.is_active for account in accounts):
        raise NotValid
    return accounts[0] if accounts else None


def accept_with(key: str, user: User) -> None:
    """Makes a member: of a new account, which is saved here, or of the one that `account_for` found.

    Raises `NotValid`; `AccountExists` if the account is new and there is one with this address meanwhile.
    """
    with transaction.atomic():
        invitation = invitation_of(key, lock=True)
        if user._state.adding:
            if account_for(invitation):
                raise AccountExists
            user.email = invitation.email
            user.save()
            # The link has shown that the mailbox is hers.
            if not EmailAddress.objects.is_verified(invitation.email):
                EmailAddress.objects.create(user=user, email=invitation.email, verified=True, primary=True)
        Membership.objects.get_or_create(user=user, defaults={"role": invitation.role})
        invitation.accepted_at, invitation.accepted_by = timezone.now(), user
        invitation.save(update_fields={"accepted_at", "accepted_by"})
        record(Verb.INVITATION_ACCEPTED, actor=user, target=invitation, details={"role": invitation.role.name})
