from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    """What was done. The codes are stored; another app may record codes of its own, which are shown as they are."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")

    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed sign-ins")
    SIGN_IN_BLOCKED = "sign_in_blocked", _("Sign-in blocked")
    SIGN_IN_UNBLOCKED = "sign_in_unblocked", _("Sign-in unblocked")
    SESSION_ENDED = "session_ended", _("Session ended")
    SWITCHED_SITE = "switched_site", _("Switched to this site")

    MEMBER_ADDED = "member_added", _("Member added")
    MEMBER_REMOVED = "member_removed", _("Member removed")
    ROLE_CHANGED = "role_changed", _("Role changed")
    INVITED = "invited", _("Invited")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")

    FACTOR_ADDED = "factor_added", _("Second factor added")
    FACTOR_REMOVED = "factor_removed", _("Second factor removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("Recovery codes created")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET_REQUESTED = "password_reset_requested", _("Password reset requested")
    PASSWORD_RESET = "password_reset", _("Password reset")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    IDENTITY_LINKED = "identity_linked", _("Identity provider linked")
    IDENTITY_UNLINKED = "identity_unlinked", _("Identity provider unlinked")

    SITE_ADDED = "site_added", _("Site added")
    SITE_CHANGED = "site_changed", _("Site changed")
    SITE_RENAMED = "site_renamed", _("Site renamed")
    SITE_STATE_CHANGED = "site_state_changed", _("State of the site changed")


#: What is done to rows in the admin.
CONTENT_VERBS = (Verb.ADDED, Verb.CHANGED, Verb.DELETED)
