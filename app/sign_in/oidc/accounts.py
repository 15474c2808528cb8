"""Which account belongs to a person of the provider. The link is the provider's identifier, and nothing else."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.sign_in.oidc.claims import Person
from app.sign_in.oidc.faults import Refused
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb


class AlreadyLinked(ValueError):
    """The identifier belongs to another account, or the account has another identifier."""


def account_of(person: Person, *, may_create: bool) -> User:
    """The linked account; or a new link, or a new account, if the settings permit it. Raises `Refused`."""
    link = links().filter(uid=person.identifier).select_related("user").first()
    if link is None:
        with transaction.atomic():
            user = _account_with_email(person) if settings.OIDC_LINK_BY_EMAIL else None
            user = user or (_created(person) if may_create else None)
            if user is None:
                raise _unknown("no_link", person)
            try:
                link_account(user, person.identifier, by=user)
            except AlreadyLinked:  # a moment ago, by another request
                raise _unknown("linked_meanwhile", person) from None
    else:
        user = link.user
    if not user.is_active:
        raise Refused(
            "inactive", _("Your account %(name)s is not active.") % {"name": user.username}, username=user.username
        )
    return user


def links() -> QuerySet[SocialAccount]:
    """The links to the provider of OIDC_URL. An identifier of another provider means another person."""
    rows: QuerySet[SocialAccount] = SocialAccount.objects.filter(provider=settings.OIDC_URL)
    return rows


def link_account(user: User, identifier: str, *, by: User | None = None) -> None:
    """Raises `AlreadyLinked`. `by` is who does it, if the request does not know her yet."""
    row = {"provider": settings.OIDC_URL, "uid": identifier}
    with transaction.atomic():
        link, created = SocialAccount.objects.get_or_create(**row, defaults={"user": user})
        if link.user_id != user.pk or links().filter(user=user).exclude(pk=link.pk).exists():
            raise AlreadyLinked
        if created:
            record(Verb.IDENTITY_LINKED, target=user, details={"identifier": identifier}, actor=by, on_platform=True)


def unlink_account(user: User) -> bool:
    """Whether there was a link."""
    deleted, _rows = links().filter(user=user).delete()
    if deleted:
        record(Verb.IDENTITY_UNLINKED, target=user, on_platform=True)
    return bool(deleted)


def _account_with_email(person: Person) -> User | None:
    """The one account with the address that the provider has verified. Raises `Refused`."""
    if not person.email or not person.email_is_verified:
        return None
    found = _accounts(email=person.email)
    if not found:
        return None
    if len(found) > 1:
        raise _unknown("email_of_several_accounts", person)
    (user,) = found
    # SECURITY: an address may change hands at the provider, or be somebody's who set it there: it opens no account
    # with all rights, and none that is another identifier's.
    if user.is_superuser:
        raise _unknown("email_of_superuser", person)
    if links().filter(user=user).exists():
        raise _unknown("email_of_linked_account", person)
    return user


def _created(person: Person) -> User:
    """A new account without a password. Raises `Refused`, also if it could be an existing person's second one."""
    if _accounts(username=person.username, email=person.email):
        raise _unknown("name_or_email_is_taken", person)
    user = User(
        username=person.username,
        email=person.email if person.email_is_verified else "",  # mails with links go there
        first_name=person.first_name,
        last_name=person.last_name,
    )
    user.set_unusable_password()
    try:
        user.full_clean()
        user.save()
    except (ValidationError, IntegrityError):
        raise _unknown("name_is_invalid_or_taken", person) from None
    record(Verb.ADDED, target=user, actor=user, on_platform=True)
    return user


def _accounts(*, username: str = "", email: str = "") -> list[User]:
    wanted = Q(username__iexact=username) if username else Q()
    if email:
        addresses = EmailAddress.objects.filter(email__iexact=email, verified=True)
        wanted |= Q(email__iexact=email) | Q(pk__in=addresses.values("user"))
    return list(User.objects.filter(wanted)) if wanted else []


def _unknown(reason: str, person: Person) -> Refused:
    text = _(
        "No account here is linked to you. Send this identifier to an administrator of the platform, who can link your "
        "account to it:"
    )
    return Refused(reason, text, identifier=person.identifier)
