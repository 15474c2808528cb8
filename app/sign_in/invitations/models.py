"""Invitations by mail to become a member of a site."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.sign_in.mailing.links import LIFETIME
from app.tenancy.models import SiteRelated


class State(models.TextChoices):
    NOT_SENT = "not sent", _("not sent")
    OPEN = "open", _("open")
    ENDED = "ended", _("ended")
    ACCEPTED = "accepted", _("accepted")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Invitation(SiteRelated):
    """An address that got a link to create an account with a role on this site. Written by `inviting` and `accepting`.

    No permission of its own: who may add members may invite. It goes with the account of its inviter.
    """

    email = models.EmailField(_("e-mail address"))  # in lower case
    role = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+", verbose_name=_("role"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )

    role_actions = {}
    is_content = False  # visitors see none of it

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        default_permissions = ()
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["site", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_waiting_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> State:
        if self.accepted_at:
            return State.ACCEPTED
        if self.withdrawn_at:
            return State.WITHDRAWN
        if self.sent_at is None:
            return State.NOT_SENT
        return State.OPEN if self.sent_at > timezone.now() - LIFETIME else State.ENDED

    @property
    def is_waiting(self) -> bool:
        """Whether it may be sent again or withdrawn."""
        return self.state in {State.NOT_SENT, State.OPEN, State.ENDED}
