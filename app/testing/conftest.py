"""The data and the settings that all isolation tests share. Nothing is sent, stored or left behind."""

from __future__ import annotations

import gc
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from zlib import crc32

import pytest
import sentry_sdk
from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from app.release.owner import connected_as_owner
from app.testing.all_sites import PRODUCT, AllSites
from app.testing.channels import watched_logs
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings
from app.testing.stack import give_room
from app.testing.summary import note
from app.testing.surface import about, label_of, shows_all_apps
from app.testing.visitors import HOSTS, LISTED, ROLES, Visitor, Visitors

HARMLESS: dict[str, Any] = {
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    # Static files need no collectstatic.
    "COLLECTED": True,
    "WHITENOISE_USE_FINDERS": False,
    # Hosts are those of the tests.
    "LISTED_HOSTS": [LISTED],
    "ADMIN_HOSTS": [],
    "MEZZANINE_SITE_ID": None,
    "REDIRECT_TO_HTTPS": False,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "DOMAIN_PROOF": False,
    "REQUIRE_MFA": "off",
    "SITES_REFRESH_SECONDS": 3600,
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Applies the options --isolation-roles, --isolation-apps and --isolation-part."""
    roles, labels = (set(filter(None, config.getoption(name).split(","))) for name in ("roles", "apps"))
    unknown = sorted(roles - set(ROLES)) + sorted(labels - set(apps.app_configs))
    if unknown:
        raise pytest.UsageError(f"There is no role or app {', '.join(unknown)}.")
    part, parts = _part(config.getoption("part"))
    wanted = [item for item in items if _is_wanted(item, roles, labels) and _is_in_part(item, part, parts)]
    kept = set(wanted)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = wanted
    for item in wanted:
        note(item, about(_params(item)))


def _is_wanted(item: pytest.Item, roles: set[str], labels: set[str]) -> bool:
    params = _params(item)
    if roles and params.get("role", next(iter(roles))) not in roles:
        return False
    return not labels or any(shows_all_apps(value) or label_of(value) in labels for value in params.values())


def _part(given: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)", given)
    part, parts = (int(number) for number in found.groups()) if found else (1, 0)
    if part > parts:
        raise pytest.UsageError(f"--isolation-part={given}: must be K/N, such as 1/2, with K from 1 to N.")
    return part, parts


def _is_in_part(item: pytest.Item, part: int, parts: int) -> bool:
    # By the name, so that a test stays in its part when others are added.
    return not {"role", "order"} & _params(item).keys() or crc32(item.name.encode()) % parts == part - 1


def _params(item: pytest.Item) -> dict[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


@pytest.fixture(scope="session")
def harmless_settings() -> Iterator[None]:
    """Caches, files and mails stay in this process, whatever the environment says."""
    caches = {
        name: {
            **{key: value for key, value in cache.items() if key in {"KEY_FUNCTION", "KEY_PREFIX", "VERSION"}},
            "BACKEND": "app.testing.channels.WatchedCache",
            "LOCATION": f"isolation-{name}",
        }
        for name, cache in settings.CACHES.items()
    }
    storages = {
        **{name: {"BACKEND": "app.testing.channels.WatchedStorage"} for name in settings.STORAGES},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    sentry_sdk.get_global_scope().set_client(None)
    with override_settings(**HARMLESS, CACHES=caches, STORAGES=storages):
        yield


@pytest.fixture(scope="session")
def empty_databases(
    harmless_settings: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Test databases beside those of the deployment. pytest-django makes them only for tests that it knows of.

    With row security the owner of the tables makes them; the tests connect as the pods do.
    """
    if settings.OWNER_DATABASE is not None:
        settings.OWNER_DATABASE["TEST"] = settings.DATABASES[DEFAULT_DB_ALIAS].get("TEST", {})
    with django_db_blocker.unblock(), ExitStack() as owner:
        owner.enter_context(connected_as_owner())
        made = setup_databases(verbosity=0, interactive=False)
        owner.close()
        try:
            yield
        finally:
            connection.close()
            owner.enter_context(connected_as_owner())
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def twins(empty_databases: None, pytestconfig: pytest.Config) -> Iterator[Twins]:
    hook = pytestconfig.hook.pytest_isolation_values
    with watched_logs(), undone():
        twins = Twins(lambda model, text, number: hook(model=model, text=text, number=number))
        twins.make()
        with few_collections():
            yield twins


@contextmanager
def few_collections() -> Iterator[None]:
    """Python looks for garbage less often, and not in what stays until the end: a sixth of the time of a run."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@pytest.fixture(scope="session")
def visitors(twins: Twins) -> Visitors:
    """Everybody at every host. They sign in once; each request starts with the cookies of that."""
    return {(role, host): Visitor(twins, role, host) for role in ROLES for host in HOSTS}


@pytest.fixture(scope="session")
def all_sites(pytestconfig: pytest.Config) -> tuple[AllSites, ...]:
    return (*PRODUCT, *_named_by_apps(pytestconfig))


@pytest.fixture
def findings(twins: Twins, request: pytest.FixtureRequest) -> Findings:
    """What the test finds; it fails with all of it at its end."""
    return Findings(twins.canaries, request.node.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    give_room(item)
    yield
    findings: Findings | None = getattr(item, "funcargs", {}).get("findings")
    if findings is not None and findings.found:
        pytest.fail("\n\n".join(dict.fromkeys(findings.found)), pytrace=False)


def _named_by_apps(config: pytest.Config) -> list[AllSites]:
    lists = config.hook.pytest_isolation_all_sites()
    return [AllSites(*entry) for entries in lists for entry in entries]
