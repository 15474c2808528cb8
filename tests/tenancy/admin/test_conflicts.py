"""Who comes second with the same value gets the form with the constraint's message, in the admin of every model."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import models

from app.tenancy.models import Membership
from app.twitter.models import Feed
from tests.support.makers import Browser, page, page_form, person
from tests.third_party.models import Label


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first validation of uniqueness comes before the other request has committed, and finds nothing."""
    for name in ("validate_constraints", "validate_unique"):
        monkeypatch.setattr(models.Model, name, _blind_once(getattr(models.Model, name)))


def _blind_once(validate: Any) -> Any:
    seen: set[type[models.Model]] = set()

    def wrapper(row: models.Model, *args: Any, **kwargs: Any) -> None:
        if type(row) in seen:
            validate(row, *args, **kwargs)
        seen.add(type(row))

    return wrapper


@pytest.fixture
def boss(north: Site, at_north: Browser) -> Browser:
    person("boss", north, "Site admin")
    assert at_north.login(username="boss", password="boss")
    return at_north


CONFLICTS = [
    (page_form(title="Second", slug="same"), "pages/page", "Another page of this site has this address."),
    ({"name": "same"}, "third_party/label", "already exists"),
    ({"username": "ida", "role": "Editor"}, "tenancy/membership", "This person is already a member."),
    ({"kind": "user", "value": "same", "active": "on", "position": "0"}, "twitter/feed", "already"),
]


@pytest.mark.parametrize(("data", "model", "message"), CONFLICTS, ids=[model for _, model, _ in CONFLICTS])
def test_a_lost_race_is_a_message(
    data: dict[str, Any], model: str, message: str, north: Site, boss: Browser, request: pytest.FixtureRequest
) -> None:
    data = {name: Group.objects.get(name=value).pk if name == "role" else value for name, value in data.items()}
    person("ida", None)
    assert boss.post(f"/admin/{model}/add/", data).status_code == 302
    rows = {row: row.all_sites.count() for row in (Label, Feed, Membership)}
    request.getfixturevalue("late")
    response = boss.post(f"/admin/{model}/add/", data)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert {row: row.all_sites.count() for row in rows} == rows


def test_a_lost_race_for_a_changed_value_is_a_message(
    north: Site, boss: Browser, request: pytest.FixtureRequest
) -> None:
    page(north, slug="a")
    second = page(north, slug="b")
    request.getfixturevalue("late")
    response = boss.post(f"/admin/pages/page/{second.pk}/change/", page_form(second, slug="a"))
    assert response.status_code == 200
    assert "Another page of this site has this address." in response.content.decode()
