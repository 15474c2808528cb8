"""What a member who may add members does with invitations: invite, send again, withdraw."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.invitations.models import Invitation
from app.sign_in.mailing import links, server
from app.sign_in.mailing.messages import message
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb
from app.tenancy.models import Membership
from app.tenancy.people.roles import roles_to_give

KIND = "invitation"
PAGE = "account_invitation"
MOST_OPEN = 200  # per site
KEPT = timedelta(days=30)  # after it ended or was withdrawn


class MemberNotTold(server.MailNotSent):
    """The owner of an account is a member now. The mail that says so could not be sent."""


def may_give(giver: User, role: Group) -> bool:
    """Whether a person may make others members in this role on the current site, now."""
    if not giver.is_active or not giver.has_perm("tenancy.add_membership"):
        return False
    return roles_to_give(giver).filter(pk=role.pk).exists()


def accounts_with(email: str) -> list[User]:
    """The accounts with this address, stored or verified, whatever their sites."""
    verified = Q(emailaddress__email=email.lower(), emailaddress__verified=True)
    return list(User.objects.filter(Q(email__iexact=email) | verified).distinct()[:2])


def invite(email: str, role: Group, inviter: User, client: str) -> Invitation | Membership:
    """Mails a link to an address; the owner of an account becomes a member immediately, and is told so by mail.

    Raises `RateLimited`, another `ValidationError` for an address that cannot be invited, and `MailNotSent`; the
    invitation exists already if the server refused the mail itself. `MemberNotTold` if the mail to the owner of an
    account could not be sent, who is a member then.
    """
    email = email.lower()
    rate_limit.attempt(KIND, inviter.username, client)
    account = _existing_account(email)
    if account is None:
        _refuse_another(email)
    connection = server.open_connection()
    try:
        if account is not None:
            return _add_member(account, role, email, connection)
        invitation: Invitation = Invitation.objects.create(email=email, role=role, invited_by=inviter)
    except IntegrityError:
        connection.close()
        raise ValidationError(_("Somebody else has just invited this person.")) from None
    _send(invitation, connection)
    record(Verb.INVITED, target=invitation, details={"role": role.name})
    return invitation


def send_again(invitation: Invitation, sender: User, client: str) -> None:
    """Ends the link that was sent before. Raises `RateLimited`, `MailNotSent`."""
    rate_limit.attempt(KIND, sender.username, client)
    connection = server.open_connection()
    invitation.invited_by = sender
    _send(invitation, connection)
    record(Verb.INVITED, target=invitation, details={"role": invitation.role.name, "sent": "again"})


def withdraw(invitation: Invitation) -> None:
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields={"withdrawn_at"})
    record(Verb.INVITATION_WITHDRAWN, target=invitation, details={"role": invitation.role.name})


def state_of(invitation: Invitation) -> str:
    """The state that a link is signed with: it changes when the invitation is sent again, withdrawn or accepted."""
    times = (invitation.sent_at, invitation.withdrawn_at, invitation.accepted_at)
    return " ".join([invitation.email, str(invitation.role_id), *(str(time and time.timestamp()) for time in times)])


def _send(invitation: Invitation, connection: BaseEmailBackend) -> None:
    # Saved as sent only afterwards: whatever happens in between, it is listed as not sent, and its link is not valid.
    sent_at, invitation.sent_at = timezone.now(), None
    invitation.save(update_fields={"sent_at", "invited_by"})
    invitation.sent_at = sent_at
    link = links.address(PAGE, links.make_key(KIND, invitation.pk, state_of(invitation)))
    try:
        server.send(connection, message("invitation", invitation.email, invitation=invitation, link=link))
    except server.MailNotSent:
        invitation.sent_at = None
        raise
    invitation.save(update_fields={"sent_at"})


def _add_member(user: User, role: Group, email: str, connection: BaseEmailBackend) -> Membership:
    membership: Membership = Membership.objects.create(user=user, role=role)
    values = {"person": user, "role": role, "link": links.address("admin:index")}
    try:
        server.send(connection, message("membership", user.email or email, **values))
    except server.MailNotSent as error:
        raise MemberNotTold from error
    return membership


def _existing_account(email: str) -> User | None:
    accounts = accounts_with(email)
    if len(accounts) > 1:
        raise ValidationError(_("Several accounts have this address. Add the person by user name, under Members."))
    for account in accounts:
        if not account.is_active:
            raise ValidationError(_("The account with this address is not active. A superuser can activate it."))
        if Membership.objects.filter(user=account).exists():
            raise ValidationError(_("The person with this address is already a member."))
    return accounts[0] if accounts else None


def _refuse_another(email: str) -> None:
    """Raises `ValidationError` if the address is invited already, the site has too many open invitations, or new
    accounts would have passwords that are switched off."""
    if not settings.PASSWORD_SIGN_IN:
        raise ValidationError(
            _("Nobody has an account with this address. It is created when the person first signs in.")
        )
    now = timezone.now()
    closed = Q(accepted_at=None) & Q(created_at__lt=now - KEPT) & (Q(sent_at=None) | Q(sent_at__lt=now - KEPT))
    Invitation.objects.filter(closed).delete()
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    if waiting.filter(email=email).exists():
        raise ValidationError(_("This address is invited already. You can send the invitation again, from the list."))
    recent = Q(sent_at=None) | Q(sent_at__gt=now - links.LIFETIME)
    if waiting.filter(recent).count() >= MOST_OPEN:
        text = _("This site has %(most)d open invitations. Withdraw some, or wait until they have ended.")
        raise ValidationError(text, params={"most": MOST_OPEN})
