"""Members and the audit of the admin; and the names that other apps import: `SiteRelated`, `SiteProfile`, `Alias`."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from app.tenancy.audit.models import AuditEntry
from app.tenancy.isolation.site_related import SiteRelated
from app.tenancy.sites.models import Alias, Epoch, PendingHost, ReleasedHost, SiteProfile

__all__ = [
    "Alias",
    "AuditEntry",
    "Epoch",
    "LoggedAction",
    "Membership",
    "PendingHost",
    "ReleasedHost",
    "SiteProfile",
    "SiteRelated",
]


class Membership(SiteRelated):
    """A person's role on one site. Roles are groups; what a role permits holds on this site only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name=_("role"))

    role_actions = {"Site admin": ("view", "add", "change", "delete")}
    named_by = ("user", "role")

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "user"],
                name="one_role_per_person_and_site",
                violation_error_message=_("This person is already a member."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role}"


class LoggedAction(SiteRelated):
    """The site on which an admin action was done."""

    entry = models.ForeignKey(LogEntry, on_delete=models.CASCADE, related_name="logged_actions")

    role_actions = {}
    is_content = False  # otherwise a switch to a site would wait for its other writers

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "entry"], name="an_action_is_logged_once_per_site")]

    def __str__(self) -> str:
        return str(self.entry)
