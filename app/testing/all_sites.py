"""The pages that show rows of all sites on purpose. Each is needed: a test fails for one that is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

COMMAND = "command"


@dataclass(frozen=True)
class AllSites:
    role: str
    """Who sees them; `command` for a command that is run without a site."""
    view: str
    """A name of the URLconf, or of a command; `*` stands for any text."""
    reason: str

    def covers(self, role: str, view: str) -> bool:
        return role == self.role and fnmatchcase(view, self.view)


PRODUCT = (
    AllSites("superuser", "admin:accounts_user_*", "Accounts are above the sites."),
    AllSites("superuser", "admin:auth_user_password_change", "As above."),
    AllSites("superuser", "admin:autocomplete accounts.User", "As above."),
    AllSites("superuser", "admin:tenancy_auditentry_changelist", "The filter by site offers the entries of all sites."),
    AllSites(COMMAND, "poll_twitter", "A poll is for every site, unless --site names one."),
)


def is_for_all_sites(entries: Iterable[AllSites], role: str, view: str) -> bool:
    return any(entry.covers(role, view) for entry in entries)
