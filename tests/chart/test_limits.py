"""The chart's schema and the application accept the same values for a site."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema
import pytest
import yaml
from django.core.exceptions import ValidationError

from app.tenancy.sites import validation
from tests.chart.rendering import REPOSITORY, render

DEFINITIONS = yaml.safe_load((REPOSITORY / "helm" / "definitions.yaml").read_text())
SITE = DEFINITIONS["site"]["properties"]
KEYS = ["a", "north", "a-b", "7", "k" * 40, "k" * 63, "k" * 64, "My_Key", "UP", "-a", "a-", "a_b", "a.b", "", "ä"]
NAMES = ["North", "n" * 50, "n" * 51]
COLOURS = ["#1f6f5c", "#AABBCC", "red", "#fff", "#1f6f5c0"]
STATES = ["active", "suspended", "archived", "gone", "Active"]


def accepted_by_chart(schema: object, value: str) -> bool:
    return jsonschema.Draft7Validator({"definitions": DEFINITIONS, "allOf": [schema]}).is_valid(value)


def accepted_by_application(clean: Callable[[str], object], value: str) -> bool:
    try:
        clean(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("schema", "clean", "values"),
    [
        (DEFINITIONS["siteKey"], validation.clean_key, KEYS),
        (SITE["name"], validation.clean_name, NAMES),
        (SITE["colour"], validation.clean_colour, COLOURS),
        (SITE["state"], validation.clean_state, STATES),
    ],
    ids=["key", "name", "colour", "state"],
)
def test_both_accept_the_same_values(schema: object, clean: Callable[[str], object], values: list[str]) -> None:
    assert [value for value in values if accepted_by_chart(schema, value)] == [
        value for value in values if accepted_by_application(clean, value)
    ]


@pytest.mark.parametrize("values", [{"ingress": {"enabled": True}, "tls": {"mode": "perSite", "clusterIssuer": "x"}}])
def test_objects_of_a_site_with_the_longest_key_have_valid_names(values: dict[str, object]) -> None:
    rendered = render({**values, "sites": {"k" * 63: {"domain": "north.example.org"}}})
    names = [one["metadata"]["name"] for one in rendered.objects if "k" * 63 in one["metadata"]["name"]]
    assert names
    assert all(len(name) <= 253 for name in names)
