"""What migrations may do to tables that have rows."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import AddIndex, CreateModel
from django.db.migrations.loader import MigrationLoader

from app.postgresql.operations import AddIndexOnline

#: Its index is over a column that it adds in the same transaction, so the rows that it indexes are none.
WITH_ITS_COLUMN = {"twitter.0004_reposts_and_shares"}


def test_an_index_of_an_earlier_table_is_built_while_it_is_written_to() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = [one for one in loader.disk_migrations.values() if type(one).__module__.startswith("app.")]
    assert any(isinstance(operation, AddIndexOnline) for one in ours for operation in one.operations)
    for one in (one for one in ours if str(one) not in WITH_ITS_COLUMN):
        made = {operation.name_lower for operation in one.operations if isinstance(operation, CreateModel)}
        for operation in one.operations:
            if isinstance(operation, AddIndex) and operation.model_name_lower not in made:
                assert isinstance(operation, AddIndexOnline), f"{one}: use AddIndexOnline, with atomic = False."


@pytest.mark.django_db(transaction=True)
def test_postgresql_builds_it_concurrently(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sqlmigrate", "pages", "0009")
    statements = capsys.readouterr().out
    assert ('CREATE INDEX CONCURRENTLY "pages_by_status"' in statements) is (connection.vendor == "postgresql")
    assert ('DROP INDEX CONCURRENTLY IF EXISTS "pages_by_status"' in statements) is (connection.vendor == "postgresql")
    assert 'INDEX "pages_by_status"' in statements.replace("CONCURRENTLY ", "")
