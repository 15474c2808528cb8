"""The triggers of hosts while tables are migrated."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, models

from app.tenancy.models import Alias
from tests.support.commands import managed
from tests.support.makers import make_north, make_south
from tests.support.postgresql import PostgreSQL

EARLIER = "0006_audit_entries"
RENAME = """
from django.contrib.sites.models import Site
print(Site.objects.filter(domain="localhost").update(domain="first.example"))
"""


def take_back_and_forth(database: str) -> None:
    """The tables of this release are removed, a site is changed by the earlier one, and the tables come back."""
    managed("migrate", "-v0", DATABASE_URL=database)
    managed("migrate", "-v0", "tenancy", EARLIER, DATABASE_URL=database)
    assert managed("shell", "-v0", "-c", RENAME, DATABASE_URL=database).strip() == "1"
    managed("migrate", "-v0", DATABASE_URL=database)
    managed("sites", "rename", "first.example", "second.example", "--drop-old", DATABASE_URL=database)
    assert "first.example" in managed("sites", "domains", "--quarantined", DATABASE_URL=database)


@pytest.mark.process
def test_this_release_is_taken_back(tmp_path: Path) -> None:
    take_back_and_forth(f"sqlite:///{tmp_path / 'db.sqlite3'}")


@pytest.mark.process
@pytest.mark.service("postgresql")
def test_this_release_is_taken_back_on_postgresql(postgresql: PostgreSQL) -> None:
    take_back_and_forth(postgresql.url(postgresql.create_database()))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL changes tables in place")
@pytest.mark.django_db(transaction=True)
def test_a_later_migration_replaces_a_table() -> None:
    """It makes a new table, which gets the old one's name."""
    make_north()
    field = Alias._meta.get_field("redirect")
    wider = models.CharField(max_length=10, default="yes")
    wider.set_attributes_from_name("redirect")
    emit_pre_migrate_signal(0, False, connection.alias)
    with connection.schema_editor() as editor:
        editor.alter_field(Alias, field, wider)
        editor.alter_field(Alias, wider, field)
    emit_post_migrate_signal(0, False, connection.alias)
    with pytest.raises(IntegrityError):
        Alias.objects.bulk_create([Alias(site=make_south(), host="NORTH.test")])
