"""Every write of a site's content raises its version, in the same transaction, and no other site's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.tenancy.current import use_site
from app.tenancy.models import LoggedAction, SiteProfile
from tests.support.makers import Browser
from tests.third_party.models import Label


def version(site: Site) -> int:
    return SiteProfile.objects.get(site=site).content_version


WRITES: dict[str, Callable[[Label], Any]] = {
    "create": lambda label: Label.objects.create(name="new"),
    "save": lambda label: label.save(),
    "delete": lambda label: label.delete(),
    "bulk_create": lambda label: Label.objects.bulk_create([Label(name="new")]),
    "bulk_update": lambda label: Label.objects.bulk_update([label], ["name"]),
    "update": lambda label: Label.objects.update(name="x"),
    "queryset delete": lambda label: Label.objects.all().delete(),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_raises_it_in_its_own_transaction(name: str, north: Site, south: Site) -> None:
    with use_site(north):
        label = Label.objects.create(name="a")
        before, other = version(north), version(south)
        WRITES[name](label)
    assert version(north) > before
    assert version(south) == other


@pytest.mark.django_db(transaction=True)
def test_a_write_that_fails_raises_nothing() -> None:
    site = Site.objects.create(domain="one.test", name="One")
    with use_site(site):
        Label.objects.create(name="taken")
        before = version(site)
        for write in (
            lambda: Label.objects.create(name="taken"),
            lambda: Label.objects.bulk_create([Label(name="taken")]),
        ):
            with pytest.raises(IntegrityError):
                write()
    assert version(site) == before


@pytest.mark.django_db(transaction=True)
def test_the_write_and_the_version_are_one_transaction() -> None:
    site = Site.objects.create(domain="one.test", name="One")
    seen: list[bool] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")):
            seen.append(connection.in_atomic_block)
        return execute(sql, params, many, context)

    with use_site(site), connection.execute_wrapper(watch):
        Label.objects.create(name="a")
    assert seen == [True, True]
    assert not transaction.get_connection().in_atomic_block


def test_what_is_not_content_locks_no_site(north: Site, nora: User, at_north: Browser) -> None:
    """An editor's switch is recorded on the site that she goes to, whoever is saving there."""
    at_north.login(username="nora", password="nora")
    before = version(north)
    with CaptureQueriesContext(connection) as queries:
        assert at_north.post("/admin/switch-site/", {"site_id": north.pk}).status_code == 302
    with use_site(north):
        assert LoggedAction.objects.count() == 1
    assert version(north) == before
    assert not [query["sql"] for query in queries if "UPDATE" in query["sql"] and "tenancy_siteprofile" in query["sql"]]
