"""Operations of migrations that change a large table while others write to it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations.operations import AddIndex


class AddIndexOnline(AddIndexConcurrently):
    """An index on a table that has rows: PostgreSQL builds it while the table is written to, SQLite at once.

    The migration needs `atomic = False`. What an interrupted build left is built again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        # An index that is built online waits for all older transactions, for example of a backup. It blocks no query
        # meanwhile, so it may wait without a limit.
        schema_editor.execute("SELECT set_config('colonnade.lock_timeout', current_setting('lock_timeout'), false)")
        schema_editor.execute("SET lock_timeout = 0")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("SELECT set_config('lock_timeout', current_setting('colonnade.lock_timeout'), false)")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
            return
        super().database_backwards(app_label, schema_editor, from_state, to_state)
