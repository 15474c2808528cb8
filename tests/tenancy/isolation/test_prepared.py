"""A prepared query is compiled once, and yet each call sees its own site and its own values."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sites.models import Site
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.pages.models import Page, find_published
from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.isolation.prepared import Parameter, PreparedQuery
from tests.support.makers import page
from tests.third_party.models import Label


def test_each_call_sees_the_current_site(north: Site, south: Site) -> None:
    page(north, slug="a", title="North")
    page(south, slug="a", title="South")
    for site in (north, south, north):
        with use_site(site):
            found = find_published("/a/")
            assert found is not None
            assert (found.title, found.site_id) == (site.name, site.pk)
            assert find_published("/b/") is None
    with pytest.raises(NoCurrentSite):
        find_published("/a/")


def test_whoever_comes_first_does_not_become_everybody(north: Site, south: Site, settings: object) -> None:
    """Compiled while a site is current, by a request or by the variable of the process."""
    settings.MEZZANINE_SITE_ID = north.pk  # type: ignore[attr-defined]
    named = PreparedQuery(lambda: Label.objects.filter(name=Parameter("name", models.CharField())))
    for site in (north, south):
        with use_site(site):
            Label.objects.create(name="x")
    for site in (north, south):
        with use_site(site):
            assert [row.site_id for row in named.rows(name="x")] == [site.pk]


def test_it_gives_the_rows_that_a_queryset_gives(north: Site) -> None:
    page(north, slug="a", publish_at=timezone.now() - timedelta(hours=1), expire_at=timezone.now() + timedelta(hours=1))
    with use_site(north):
        found, expected = find_published("/a/"), Page.objects.published().get(path="/a/")
    assert found is not None
    assert vars(found).keys() == vars(expected).keys()
    assert {k: v for k, v in vars(found).items() if k != "_state"} == {
        k: v for k, v in vars(expected).items() if k != "_state"
    }
    assert not found._state.adding


@pytest.mark.parametrize(
    ("times", "is_shown"),
    [({"publish_at": 1}, False), ({"publish_at": -1}, True), ({"expire_at": -1}, False), ({"expire_at": 1}, True)],
)
def test_the_clock_is_read_by_each_call(times: dict[str, int], is_shown: bool, north: Site) -> None:
    page(north, slug="a", **{name: timezone.now() + timedelta(hours=hours) for name, hours in times.items()})
    with use_site(north):
        assert (find_published("/a/") is not None) is is_shown


def test_values_are_parameters(north: Site) -> None:
    with use_site(north), CaptureQueriesContext(connection) as queries:
        assert find_published("/'; DROP TABLE pages_page; --/") is None
        assert find_published("/%s/") is None
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: Label.all_sites.filter(name=Parameter("name", models.CharField())), "bound to the current site"),
        (lambda: Label.objects.annotate(n=models.Value(1)), "without annotations"),
        (lambda: Page.objects.select_related("parent"), "rows of one model"),
    ],
)
def test_what_it_cannot_be_is_refused(build: object, reason: str, north: Site) -> None:
    with use_site(north), pytest.raises(TypeError, match=reason):
        PreparedQuery(build).rows(name="x")  # type: ignore[arg-type]


def test_a_subquery_that_is_bound_to_the_site_is_refused(north: Site) -> None:
    inner = Label.objects.filter(name="x")
    with use_site(north), pytest.raises(NoCurrentSite):
        PreparedQuery(lambda: Label.objects.filter(pk__in=inner)).rows()
