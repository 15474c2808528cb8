"""Why a sign-in through the provider ended: what the person reads, and what the log says."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class SignInFault(Exception):
    """`reason` is for the log and has nothing that a client chose; `title` and `text` are for the person, and so is
    her `identifier` at the provider."""

    status = 403
    title: Any = _("You are not signed in")
    text: Any = ""
    retry_after: int | None = None  # seconds

    def __init__(self, reason: str, text: Any = "", *, identifier: str = "", username: str = "") -> None:
        super().__init__(reason)
        self.reason, self.identifier, self.username = reason, identifier, username
        self.text = text or self.text


class ProviderAway(SignInFault):
    """No response, or none in time."""

    status = 503
    retry_after = 60
    title = _("The sign-in service does not respond")
    text = _("Try again in a few minutes. If this lasts, tell an administrator.")


class InvalidResponse(SignInFault):
    """A response that is refused: by the provider, or because a check failed."""

    status = 502
    title = _("The sign-in service sent an invalid response")
    text = _("You are not signed in. Try again. If this lasts, tell an administrator.")


class NotStarted(SignInFault):
    """The response belongs to no sign-in that this browser has begun here."""

    status = 400
    title = _("This sign-in has ended")
    text = _("It was begun in another browser, on another site, more than ten minutes ago, or it was used before.")


class TooManyAttempts(SignInFault):
    """Too many sign-ins were begun from one address."""

    status = 429
    title = _("Too many attempts")

    def __init__(self, text: Any, seconds: int) -> None:
        super().__init__("rate_limited", text)
        self.retry_after = seconds


class Refused(SignInFault):
    """The provider says who the person is, and she may not sign in here."""
