"""Row security: policies that let a statement reach the rows of its site only (app.postgresql.row_security.scope).

They bind every role but the owner of the tables, who migrates. A name contains a digest of the rule, so what is
missing or out of date is found by name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from app.postgresql.row_security.scope import EVERY_SITE, NO_SITE, SETTING
from app.tenancy.isolation.cross_site import is_site_related
from app.tenancy.isolation.database.links import Place, digest, ends, place, stored_models

NAME = "rows_of_the_site_"
VALUE = f"current_setting('{SETTING}', true)"

# Two bounds, not `site_id = ... OR ...`: an index can find the rows, and the planner estimates their number right.
BOUND = f"CASE {VALUE} WHEN '{EVERY_SITE}' THEN {{}} WHEN '{NO_SITE}' THEN NULL ELSE {VALUE}::bigint END"
OF_THE_SITE = f"site_id BETWEEN {BOUND.format(0)} AND {BOUND.format(2**63 - 1)}"
OF_NO_SITE = f"site_id IS NULL AND {VALUE} = '{EVERY_SITE}'"
REACHES = 'EXISTS (SELECT 1 FROM "{target.table}" AS one WHERE one."{target.key}" = "{table}"."{column}")'
STORED = """
SELECT c.relname, c.relrowsecurity, p.polname FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
AND (c.relrowsecurity OR c.relname = ANY(%s))
"""


def protected_tables() -> dict[str, str]:
    """The tables whose rows belong to one site, and the rule of each: which rows a statement reaches."""
    rules = {model._meta.db_table: _rule(model) for model in stored_models()}
    return {table: rule for table, rule in rules.items() if rule}


def _rule(model: Any) -> str:
    table = model._meta.db_table
    if is_site_related(model):
        holder = place(model)
        if holder.table != table:
            return _reaches(table, model._meta.pk.column, holder)
        return f"{OF_THE_SITE} OR {OF_NO_SITE}" if model._meta.get_field("site").null else OF_THE_SITE
    if model._meta.auto_created:
        return " AND ".join(_reaches(table, end.column, place(end.related_model)) for end in ends(model))
    return ""


def _reaches(table: str, column: str, target: Place) -> str:
    """The other table has a policy of its own, which binds this query too."""
    return REACHES.format(table=table, column=column, target=target)


def install(connection: BaseDatabaseWrapper, *, existing: Collection[str], on: bool) -> None:
    """Makes the policies of `existing` tables what they should be: none if row security is off."""
    wanted = {table: rule for table, rule in protected_tables().items() if on and table in existing}
    for table, (is_on, names) in _stored(connection, wanted).items():
        rule = wanted.get(table)
        name = f"{NAME}{digest(rule)}" if rule else ""
        ours = {stored_name for stored_name in names if stored_name.startswith(NAME)}
        if ours == {name} - {""} and (is_on or not ours):
            continue
        statements = [f'DROP POLICY "{old}" ON "{table}"' for old in sorted(ours - {name})]
        if rule:
            if name not in ours:
                statements.append(f'CREATE POLICY "{name}" ON "{table}" USING ({rule})')
            statements.append(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        elif names == ours:  # no policy of somebody else's is left
            statements.append(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
        # Together: a table with row security and without a policy shows nothing.
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def unprotected_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables that row security does not bind yet with the rule of this code; those that do not exist too."""
    wanted = protected_tables()
    stored = _stored(connection, wanted)
    return [
        table
        for table, rule in sorted(wanted.items())
        if table not in stored or not stored[table][0] or f"{NAME}{digest(rule)}" not in stored[table][1]
    ]


def _stored(connection: BaseDatabaseWrapper, tables: Collection[str]) -> dict[str, tuple[bool, set[str]]]:
    """By table: whether row security is on, and the names of its policies. Other tables too, where it is on."""
    found: dict[str, tuple[bool, set[str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(STORED, [[*tables]])
        for table, is_on, policy in cursor.fetchall():
            found.setdefault(table, (is_on, set()))[1].update({policy} - {None})
    return found
