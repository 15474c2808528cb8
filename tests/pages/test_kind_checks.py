"""Mistakes in a kind of page stop at `manage.py check`, by id."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.test.utils import isolate_apps

from app.pages import checks
from app.pages.models import Page
from app.publishing.admin import PublishableAdmin
from tests.third_party.models import EventPage, EventsPage, GreetingPage


def found() -> list[tuple[str | None, Any]]:
    return [(message.id, message.obj) for message in run_checks() if (message.id or "").startswith("pages.")]


def test_the_product_passes_its_own_checks() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("child_kinds", "third_party.EventPage", "pages.E001"),
        ("child_kinds", ["third_party.Evnt", "third_party.EventPage"], "pages.E001"),
        ("child_kinds", ["third_party.Label", "third_party.EventPage"], "pages.E001"),
        ("parent_kinds", ["events"], "pages.E001"),
        ("cached_query", "page", "pages.E001"),
        ("cached_query", None, "pages.E001"),
        ("icon", "third_party/missing.svg", "pages.E004"),
        ("icon", None, "pages.E004"),
    ],
)
def test_an_attribute_with_a_mistake(name: str, value: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventsPage, name, value)
    assert (code, EventsPage) in found()


def test_a_kind_that_may_be_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventsPage, "child_kinds", [])
    assert found() == [("pages.E005", EventPage)]


@isolate_apps("tests.third_party")
@pytest.mark.parametrize("is_proxy", [True, False])
def test_a_proxy_and_a_second_kind_of_one_name(is_proxy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # The second model takes its place as the attribute of `Page`.
    monkeypatch.setattr(Page, "eventspage", vars(Page)["eventspage"])
    options = type("Meta", (), {"app_label": "other", "proxy": is_proxy})
    bases: tuple[Any, ...] = (GreetingPage,) if is_proxy else (Page,)
    second: Any = type("EventsPage", bases, {"Meta": options, "__module__": __name__})
    monkeypatch.setattr(checks, "kinds", lambda: [Page, EventsPage, EventPage, second])
    twice = {("pages.E002", EventsPage), ("pages.E002", second)}
    assert set(found()) == (twice | {("pages.E003", second)} if is_proxy else twice)


def test_an_admin_class_without_the_rules_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: dict[Any, Any] = admin.site._registry
    monkeypatch.setitem(registry, EventPage, PublishableAdmin(EventPage, admin.site))
    assert found() == [("pages.E006", EventPage)]
