"""Finding a site by what an operator types: its id, its domain in any spelling, or one of its aliases."""

from __future__ import annotations

from app.tenancy.directory import SiteEntry, directory
from app.tenancy.hosts.names import InvalidHost, normalise_domain


class NoSuchSite(LookupError):
    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        super().__init__(f"There is no site {wanted!r}. `manage.py sites list` shows them.")


def find(wanted: str) -> SiteEntry:
    """Raises `NoSuchSite`, a `LookupError` with a sentence for the operator."""
    directory.expire()  # the caller may just have made it
    snapshot = directory.snapshot()
    if wanted.isdigit():
        entry = snapshot.sites.get(int(wanted))
    else:
        try:
            match = snapshot.find(normalise_domain(wanted))
        except InvalidHost:
            raise NoSuchSite(wanted) from None
        entry = match.site if match else None
    if entry is None:
        raise NoSuchSite(wanted)
    return entry
