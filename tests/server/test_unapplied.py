"""Ready means: the database has every migration of this code. It may have more."""

from __future__ import annotations

import pytest

from tests.server.conftest import Platform
from tests.support.postgresql import sql

pytestmark = [pytest.mark.service("postgresql", "redis")]


def statuses(platform: Platform) -> tuple[int, int]:
    return platform.server.request("/readyz").status, platform.server.request("/startupz").status


def apply(app: object, name: object) -> str:
    return f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now())"  # noqa: S608


def test_a_migration_that_is_missing_makes_the_pod_unready(platform: Platform) -> None:
    assert statuses(platform) == (200, 200)
    newest = "id = (SELECT max(id) FROM django_migrations)"
    (row,) = sql(platform.database_url, f"DELETE FROM django_migrations WHERE {newest} RETURNING app, name")  # noqa: S608
    assert statuses(platform) == (503, 503)
    answer = platform.server.request("/readyz", headers={"Accept": "application/json"})
    assert answer.body == (
        '{"status": "unavailable", "checks": {"database": "ok", "migrations": "migrations are pending"}}'
    )
    sql(platform.database_url, apply(*row))
    assert statuses(platform) == (200, 200)


def test_a_migration_of_the_next_release_does_no_harm(platform: Platform) -> None:
    sql(platform.database_url, apply("pages", "9999_of_the_next_release"))
    assert statuses(platform) == (200, 200)
