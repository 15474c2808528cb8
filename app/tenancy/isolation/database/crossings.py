"""The SQL that finds references to a row of another site; the same on both databases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from app.tenancy.isolation.database.links import Link

MOST_SHOWN = 20


class ReferencesToOtherSites(CommandError):
    """Rows that refer to rows of other sites: the rule cannot be installed. The message lists them."""

    def __init__(self, rows: Sequence[str], *, more: bool) -> None:
        lines = "\n".join(f"  {row}" for row in rows)
        super().__init__(
            "Some rows refer to rows of another site, so the database cannot hold them together. Nothing was changed. "
            "Correct or delete these rows, and run the command again:\n" + lines + ("\n  ..." if more else "")
        )


@dataclass(frozen=True, slots=True)
class Check:
    """A table whose changes may make a reference leave its site: new rows, and new values in `columns`.

    `query` finds such references of one row; `{row}` stands for it.
    """

    table: str
    columns: tuple[str, ...]
    query: str


def crossings(link: Link) -> str:
    """FROM and WHERE of a query for the rows of `link.table` whose reference leaves their site."""
    return (
        f'FROM "{link.table}" AS link'
        f' JOIN "{link.own.table}" AS own ON own."{link.own.key}" = link."{link.own_column}"'
        f' JOIN "{link.target.table}" AS target ON target."{link.target.key}" = link."{link.column}"'
        " WHERE own.site_id <> target.site_id"
    )


def checks(link: Link) -> list[Check]:
    """The table of the reference itself, and those of the rows at its two ends."""
    columns = ("site_id" if link.has_own_site else link.own_column, link.column)
    of_row = (
        f'link."{link.own_column}" = {{row}}."{link.own_column}" AND link."{link.column}" = {{row}}."{link.column}"'
    )
    of_target = f'target."{link.target.key}" = {{row}}."{link.target.key}"'
    of_own = f'own."{link.own.key}" = {{row}}."{link.own.key}"'
    every = [(link.table, columns, of_row), (link.target.table, ("site_id",), of_target)]
    if not link.has_own_site:
        every.append((link.own.table, ("site_id",), of_own))
    return [Check(table, names, f"SELECT 1 {crossings(link)} AND {which}") for table, names, which in every]


def refuse_crossings(connection: BaseDatabaseWrapper, links: Collection[Link]) -> None:
    """Raises `ReferencesToOtherSites` if there are any."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for link in links:
            cursor.execute(
                f'SELECT own."{link.own.key}", own.site_id, target."{link.target.key}", target.site_id'
                f" {crossings(link)} LIMIT {MOST_SHOWN + 1}"
            )
            found += [
                f"{link.table}.{link.column}: {link.own.table} {own} of site {own_site} refers to"
                f" {link.target.table} {target} of site {target_site}"
                for own, own_site, target, target_site in cursor.fetchall()
            ]
    if found:
        raise ReferencesToOtherSites(found[:MOST_SHOWN], more=len(found) > MOST_SHOWN)
