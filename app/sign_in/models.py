"""Attempts to sign in, counted in the database when there is no shared cache; roles that a claim gave; invitations."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models

from app.sign_in.invitations.models import Invitation
from app.tenancy.models import Membership, SiteRelated

__all__ = ["ClaimedRole", "Counter", "Invitation"]


class Counter(models.Model):
    """How many attempts were made under a key. The key is a digest: it contains nothing that a person typed."""

    key = models.CharField(max_length=64, primary_key=True)
    attempts = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)
    """The count is void from this time on."""

    def __str__(self) -> str:
        return f"{self.attempts} until {self.ends_at}"


class ClaimedRole(SiteRelated):
    """A membership that a claim of the OpenID provider gave. With another role than this one it was changed by hand."""

    role = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="claimed_roles")

    role_actions = {}
    is_content = False
    named_by = ("membership__user", "membership__role")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "membership"], name="a_membership_is_claimed_once")]

    def __str__(self) -> str:
        return str(self.membership)
