"""Password reset: for which accounts, with which links, and what a new password ends."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from app.accounts.models import User
from app.sign_in import rate_limit
from app.sign_in.account.pending import withdraw
from app.sign_in.mailing import links, server
from app.sign_in.mailing.messages import message
from app.tenancy.audit.record import record, record_repeated
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import current_site
from app.tenancy.models import Membership
from app.tenancy.people.permissions import may_work_on

KIND = "reset"
PAGE = "account_reset_password_from_key"
MOST_ACCOUNTS = 10  # that share one address


class LinkNotValid(Exception):
    """The link was used, has ended, is of another site, or its account may not sign in here."""


def is_offered() -> bool:
    """Whether people sign in with passwords, and a mail server is set up."""
    return settings.PASSWORD_SIGN_IN and server.is_set_up()


def request_links(email: str, client: str) -> None:
    """Mails a link to every account with this address that may sign in on the current site.

    The caller cannot tell whether there is one: the connection to the mail server is opened, and a mail is rendered,
    in any case. Raises `RateLimited`, `MailNotSent`.
    """
    attempt = rate_limit.attempt(KIND, email, client)
    try:
        connection = server.open_connection()
    except server.MailNotSent:
        attempt.succeeded()  # the person tries again later
        raise
    found = accounts_with(email)
    # SECURITY: for an unknown address, too, so that the time of the response says nothing.
    messages = [reset_message(user, to) for user, to in found or [(User(pk=0, username=email), email)]]
    server.send_soon(connection, messages if found else [])
    record_repeated(Verb.PASSWORD_RESET_REQUESTED)


def accounts_with(email: str) -> list[tuple[User, str]]:
    """The active accounts with this address that may sign in on the current site, and the address as it is stored.
    Superusers only where links lead to a host of the operator.
    """
    # SECURITY: by the same rule as `may_reset_here`.
    is_superuser = Q(is_superuser=True)
    members = Q(pk__in=Membership.objects.values("user"))
    here = Q(is_active=True) & (is_superuser | members if links.lead_to_the_operator() else ~is_superuser & members)
    # SECURITY: mails go to the stored address. What was typed may differ from it in letters that only look the same.
    found = {user.pk: (user, user.email) for user in User.objects.filter(here, email__iexact=email)[:MOST_ACCOUNTS]}
    verified = EmailAddress.objects.filter(
        email=email.lower(), verified=True, user__in=User.objects.filter(here)
    ).select_related("user")
    for row in verified:
        found.setdefault(row.user_id, (row.user, row.email))
    return list(found.values())


def may_reset_here(user: User) -> bool:
    """Whether a link of the current site may set this account's password. A superuser's leads to the operator's hosts
    only: who owns the domain of a site could read the key, and would have all sites with it.
    """
    return links.lead_to_the_operator() or not user.is_superuser


def reset_message(user: User, to: str) -> EmailMessage:
    return message("reset", to, person=user, link=link_for(user))


def link_for(user: User) -> str:
    return links.address(PAGE, links.make_key(KIND, user.pk, _state(user)))


def account_of(key: str, *, lock: bool = False) -> User:
    """The account that a link is for. Raises `LinkNotValid`. With `lock` nobody else uses the link meanwhile."""
    rows = User.objects.select_for_update() if lock else User.objects
    user = rows.filter(pk=links.pk_in(key) or 0).first()
    # SECURITY: a link signs in, too; and the role may have been removed since it was sent.
    if (
        user is None
        or not settings.PASSWORD_SIGN_IN
        or not links.is_valid(KIND, key, _state(user))
        or not may_work_on(user, current_site().id)
        or not may_reset_here(user)
    ):
        raise LinkNotValid
    return user


def set_password(key: str, password: str) -> User:
    """Uses a link. Ends the sessions of the account and lifts its rate limit of passwords. Raises `LinkNotValid`."""
    with transaction.atomic():
        user = account_of(key, lock=True)
        user.set_password(password)
        user.save(update_fields=["password"])
        record(Verb.PASSWORD_RESET, actor=user, target=user)
        for session in UserSession.objects.filter(user=user):
            session.end()
        withdraw(user)
    # SECURITY: not the one on codes: a mailbox must not give more attempts at the second factor.
    rate_limit.forget("password", user.username)
    return user


def _state(user: User) -> str:
    return f"{user.password} {user.email} {user.last_login and user.last_login.timestamp()}"
