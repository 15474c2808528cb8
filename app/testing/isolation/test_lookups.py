"""Filters and searches in the address of an admin list find nothing out that its pages do not show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.urls import reverse

from app.testing.all_sites import AllSites, is_for_all_sites
from app.testing.data.canaries import SIDES, Side
from app.testing.data.tables import is_table
from app.testing.data.twins import Twins, undone
from app.testing.findings import Findings
from app.testing.surface import view_of
from app.testing.visitors import Request, Result, Visitor, Visitors

LOOKUPS = ("", "__startswith", "__contains", "__gte")
#: Longer and later than each canary, and in no row.
NOTHING = "zzzznothing"


def admin_classes() -> list[Any]:
    """The admin classes of the admin, by model."""
    return [
        pytest.param(model_admin, id=model._meta.label)
        for model, model_admin in sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
        if is_table(model)
    ]


def readable_fields(model: Any) -> Iterator[tuple[str, str]]:
    """(lookup path, place of the canary) of the model's own fields and of those one relation away, in any direction."""
    for field in model._meta.get_fields():
        if not field.is_relation:
            yield field.name, f"{field.model._meta.label}.{field.name}"
        elif field.related_model is not None:
            for far in field.related_model._meta.concrete_fields:
                if not far.is_relation:
                    yield f"{field.name}__{far.name}", f"{far.model._meta.label}.{far.name}"


@pytest.mark.parametrize("role", ["site-admin", "superuser"])
@pytest.mark.parametrize("model_admin", admin_classes())
def test_a_filter_in_the_address(
    model_admin: Any, role: str, twins: Twins, visitors: Visitors, findings: Findings, all_sites: tuple[AllSites, ...]
) -> None:
    view = view_of(model_admin, "changelist")
    visitor = visitors[role, "a"]
    with undone():
        if visitor.send(Request(view, reverse(view))).status != 200:
            return
        shown = shown_texts(model_admin, visitor, twins)
        sides: tuple[Side, ...] = SIDES[:1] if is_for_all_sites(all_sites, role, view) else SIDES
        for path, where in readable_fields(model_admin.model):
            if shown.isdisjoint(text for side in sides for text in twins.canaries.of(where, side)):
                for side in sides:
                    for text in twins.canaries.of(where, side)[:1]:
                        try_lookups(view, path, where, text, side, visitor, findings)


def shown_texts(model_admin: Any, visitor: Visitor, twins: Twins) -> set[str]:
    """The canaries on the list and on the pages of two rows."""
    paths = [reverse(view_of(model_admin, "changelist"))]
    paths += [reverse(view_of(model_admin, "change"), args=[row.pk]) for row in twins.of(model_admin.model, "a")[:2]]
    bodies = (visitor.send(Request(view_of(model_admin, "change"), path)).body for path in paths)
    return {canary.text for body in bodies for canary, _ in twins.canaries.found(body)}


def try_lookups(view: str, path: str, where: str, text: str, side: Side, visitor: Visitor, findings: Findings) -> None:
    for query in [*(f"{path}{lookup}" for lookup in LOOKUPS), "q"]:
        request = Request(view, f"{reverse(view)}?{urlencode({query: text})}")
        found = number_of_results(visitor.send(request))
        if found is None:
            continue
        nothing = visitor.send(Request(view, f"{reverse(view)}?{urlencode({query: NOTHING})}"))
        if found != number_of_results(nothing):
            way = "the search" if query == "q" else f"?{query}="
            what = f"Site {side.upper()}'s {where}, which no page shows, can be found out by {way}"
            findings.add(visitor, request, what, f"{found} results; {number_of_results(nothing)} for another value")
            return


def number_of_results(result: Result) -> int | None:
    """None for a request that was refused."""
    if result.status != 200 or not result.context or "cl" not in result.context:
        return None
    return int(result.context["cl"].result_count)
