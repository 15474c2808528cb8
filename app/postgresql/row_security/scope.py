"""Which rows a statement may reach: those of one site, of every site, or of none.

PostgreSQL reads it from the setting `colonnade.site`, which the policies compare with each row
(app.tenancy.isolation.database.policies).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models.sql import Query

SETTING = "colonnade.site"
EVERY_SITE = "*"
NO_SITE = ""
#: In the text of a statement: it is for every site. The compilers write it for querysets of `all_sites`.
MARK = "/* every site */"
#: Of a query that is for every site. An attribute, which clones keep: `Query.chain()` replaces the class.
ATTRIBUTE = "reaches_every_site"

_is_for_every_site: ContextVar[bool] = ContextVar("is_for_every_site", default=False)


class Tenancy:
    """What the backend needs to know of sites. `app.tenancy` sets both when the apps are ready."""

    #: The id of the current site, or None.
    site_id: Callable[[], int | None] = staticmethod(lambda: None)
    #: The tables whose rows belong to one site.
    tables: Callable[[], Iterable[str]] = staticmethod(tuple)


tenancy = Tenancy()


@contextmanager
def every_site() -> Iterator[None]:
    """Inside the block statements reach the rows of every site. Without row security it changes nothing.

    For code that works above the sites, such as the deletion of an account with all that belongs to it. A comment
    says why the current site is not enough. The filters of `objects` stay.
    """
    token = _is_for_every_site.set(True)
    try:
        yield
    finally:
        _is_for_every_site.reset(token)


def open_to_every_site(query: Query) -> None:
    """From now on the query, and every clone of it, reaches the rows of every site."""
    vars(query)[ATTRIBUTE] = True


def scope_of(statement: str) -> str:
    """The value of the setting for a statement that is sent now."""
    if _is_for_every_site.get() or MARK in statement:
        return EVERY_SITE
    site_id = tenancy.site_id()
    # SECURITY: a number of our own; text from a request never gets here.
    return NO_SITE if site_id is None else f"{site_id:d}"
