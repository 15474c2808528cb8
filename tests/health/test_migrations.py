"""Ready means: nothing that this code needs is missing in the database. More than that may be there."""

from __future__ import annotations

import pytest

from tests.health.conftest import Platform

pytestmark = [pytest.mark.service("postgresql"), pytest.mark.service("redis")]


def statuses(platform: Platform) -> tuple[int, int]:
    return platform.server.ask("/readyz").status, platform.server.ask("/startupz").status


def test_a_migration_that_is_missing_makes_the_pod_unready(platform: Platform) -> None:
    assert statuses(platform) == (200, 200)
    row = platform.postgresql.sql(
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations) RETURNING app || ' ' || name"
    )
    assert statuses(platform) == (503, 503)
    answer = platform.server.ask("/readyz", Accept="application/json")
    assert answer.body == (
        '{"status": "unavailable", "checks": {"database": "ok", "migrations": "migrations are pending"}}'
    )
    app, name = row.split()
    platform.postgresql.sql(f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now())")  # noqa: S608
    assert statuses(platform) == (200, 200)


def test_a_migration_of_the_next_release_does_no_harm(platform: Platform) -> None:
    platform.postgresql.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('pages', '9999_of_the_next_release', now())"
    )
    assert statuses(platform) == (200, 200)
