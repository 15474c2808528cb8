"""The database refuses a reference to a row of another site, whoever writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import IntegrityError, connection, models, transaction

from app.postgresql.row_security.scope import every_site
from app.release.owner import connected_as_owner
from app.tenancy.current import use_site
from app.tenancy.isolation.database import install
from app.tenancy.isolation.database.crossings import ReferencesToOtherSites
from tests.third_party.models import Label, Memo, Note

pytestmark = pytest.mark.django_db


def execute(statement: str, *params: int | None) -> None:
    # every_site: the rule has to hold where row security is off, or the code has said so.
    with every_site(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def label(site: Site) -> Label:
    with use_site(site):
        made: Label = Label.objects.create(name="a")
        return made


def note(site: Site, **values: Any) -> Note:
    with use_site(site):
        made: Note = Note.objects.create(text="a", **values)
        return made


def insert_note(site: Site, label_id: int | None, pk: int = 900) -> None:
    execute("INSERT INTO third_party_note (id, site_id, text, label_id) VALUES (%s, %s, '', %s)", pk, site.pk, label_id)


def insert_link(of: Note, to: Label) -> None:
    execute("INSERT INTO third_party_note_others (note_id, label_id) VALUES (%s, %s)", of.pk, to.pk)


def linked(site: Site) -> Note:
    made, to = note(site), label(site)
    insert_link(made, to)
    return made


def insert_target_later(of_note: Site, of_label: Site) -> None:
    insert_note(of_note, 901)
    execute("INSERT INTO third_party_label (id, site_id, name) VALUES (901, %s, 'later')", of_label.pk)


def memo(site: Site) -> Memo:
    with use_site(site):
        made: Memo = Memo.objects.create(text="a")
        return made


CROSSINGS: dict[str, Callable[[Site, Site], object]] = {
    "new row": lambda north, south: insert_note(north, label(south).pk),
    "changed key": lambda north, south: execute(
        "UPDATE third_party_note SET label_id = %s WHERE id = %s", label(south).pk, note(north).pk
    ),
    "moved row": lambda north, south: execute(
        "UPDATE third_party_note SET site_id = %s WHERE id = %s", south.pk, note(north, label=label(north)).pk
    ),
    "moved target": lambda north, south: execute(
        "UPDATE third_party_label SET site_id = %s WHERE id = %s", south.pk, note(north, label=label(north)).label_id
    ),
    "new link": lambda north, south: insert_link(note(north), label(south)),
    "changed link": lambda north, south: execute(
        "UPDATE third_party_note_others SET label_id = %s WHERE note_id = %s", label(south).pk, linked(north).pk
    ),
    "moved end of a link": lambda north, south: execute(
        "UPDATE third_party_note SET site_id = %s WHERE id = %s", south.pk, linked(north).pk
    ),
    "child model": lambda north, south: execute(
        "UPDATE third_party_memo SET about_id = %s WHERE note_ptr_id = %s", label(south).pk, memo(north).pk
    ),
    "reference to a child model": lambda north, south: execute(
        "UPDATE third_party_memo SET answers_id = %s WHERE note_ptr_id = %s", memo(south).pk, memo(north).pk
    ),
    "target that comes later": insert_target_later,
}


@transaction.atomic
def attempt(crossing: Callable[[Site, Site], object], north: Site, south: Site) -> None:
    crossing(north, south)
    connection.check_constraints()


@pytest.mark.parametrize("crossing", CROSSINGS.values(), ids=CROSSINGS)
def test_a_reference_to_another_site_is_refused(
    crossing: Callable[[Site, Site], object], north: Site, south: Site
) -> None:
    with pytest.raises(IntegrityError):
        attempt(crossing, north, south)


def test_a_reference_within_a_site_is_stored(north: Site) -> None:
    insert_note(north, label(north).pk)
    insert_note(north, None, 902)
    linked_note = note(north)
    with use_site(north):
        linked_note.others.add(Label.objects.get())
        Memo.objects.create(text="b", about=Label.objects.get(), answers=Memo.objects.create(text="a"))
    connection.check_constraints()


def test_the_order_of_the_rows_in_a_transaction_does_not_matter(north: Site) -> None:
    insert_target_later(north, north)
    connection.check_constraints()


def test_rows_are_deleted_and_released_as_before(north: Site) -> None:
    linked(north)
    with use_site(north):
        Note.objects.update(label=Label.objects.get())
        Note.objects.update(label=None)
        Label.objects.all().delete()
        assert Note.objects.get().others.count() == 0
    with every_site():
        north.delete()
    connection.check_constraints()


@pytest.mark.django_db(transaction=True)
def test_rows_that_break_the_rule_are_listed_and_nothing_is_changed(
    north: Site, south: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected_as_owner():
        monkeypatch.setattr(install, "links", list)
        install.install()  # without rules
        before = rules()
        insert_note(north, label(south).pk)
        monkeypatch.undo()
        with pytest.raises(
            ReferencesToOtherSites, match=f"third_party_note 900 of site {north.pk} refers to"
        ) as refused:
            install.install()
        assert str(refused.value).count("\n") == 1
        assert rules() == before
        execute("UPDATE third_party_note SET label_id = NULL")
        install.install()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_note(north, label(south).pk, 903)


@pytest.mark.django_db(transaction=True)
def test_rules_that_are_there_are_left_alone() -> None:
    with connected_as_owner():
        before = rules()
        install.install()
        assert rules() == before
        assert len(before) > 5


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_rebuild_a_table_that_is_referred_to() -> None:
    """SQLite has to rebuild a table for most changes, and refuses to while a trigger of another table names it."""
    before, after = Label._meta.get_field("name"), models.CharField(max_length=60)
    after.set_attributes_from_name("name")
    with connected_as_owner():
        stored = rules()
        install.before_migrations(plan=["a migration"])
        with connection.schema_editor() as editor:
            editor.alter_field(Label, before, after)
        with connection.schema_editor() as editor:
            editor.alter_field(Label, after, before)
        install.install()
        assert rules() == stored


def rules() -> set[str]:
    """The names of the rules in the database; on PostgreSQL with the number of the row, which a new one changes."""
    statement = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'same_site_%'"
        if connection.vendor == "sqlite"
        else "SELECT conname || oid FROM pg_constraint WHERE conname LIKE 'same_site_%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {name for (name,) in cursor.fetchall()}
