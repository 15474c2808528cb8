"""The chart's schema and the application accept the same values for a site."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema
import pytest
import yaml
from django.core.exceptions import ValidationError

from app.tenancy.sites import validation
from tests.chart.rendering import REPOSITORY, Refused, render

DEFINITIONS = yaml.safe_load((REPOSITORY / "helm" / "definitions.yaml").read_text())
SITE = DEFINITIONS["site"]["properties"]
KEYS = ["a", "north", "a-b", "7", "k" * 40, "k" * 63, "k" * 64, "My_Key", "UP", "-a", "a-", "a_b", "a.b", "", "ä"]
NAMES = ["North", "n" * 50, "n" * 51, " ", "Ünï ☃"]
DOMAIN_NAMES = """
example.org a localhost a-b.example 1.2.3.4 a..b .a -a.test a-.test a_b.test *.a.test ab--cd.example
xn--bcher-kva.example xn--strae-oqa.example xn--fiqs8s.test xn--mgberp4a5d4ar.test xn--80ak6aa92e.test xn--wgbh1c
xn--11b5bs3a9aj6g.test www.xn--bcher-kva.example xn--j1ail.xn--p1ai xn--gdkl8fhk5egc.test
xn--.test xn---.test xn--a-.test xn--zzzzzzzzz999999999.test xn--999999999.test xn--a.test xn--bcher-kv.test
ab--cd.xn--bcher-kva.example
xn--i-7iq.ws xn--n3h.test xn--ls8h.la xn--vi8h.test xn--1ugz855p6kd.test xn--a-0na.test xn--hello-9sc.test
xn--fi-iba.test
"""
LONG = [("a" * 63, 1), ("a" * 64, 1), ("a" * 24, 4), ("a" * 25, 4)]
DOMAINS = [*DOMAIN_NAMES.split(), "a b.test", *(".".join([label] * count) for label, count in LONG)]
ALIASES = [
    "*.example.org",
    "*.org",
    "*.",
    "*",
    "*.*.example.org",
    "a.*.example.org",
    "*.xn--bcher-kva.example",
    "*.xn--i-7iq.ws",
]
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


def accepted_by_rendering(site: dict[str, object]) -> bool:
    """The schema, and what the templates check in addition."""
    try:
        render({"sites": {"north": site}})
    except Refused:
        return False
    return True


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_accept_the_same_domains(domain: str) -> None:
    """A name that only the release job refused would stop the other sites of the list too."""
    expected = accepted_by_application(validation.clean_domain, domain)
    assert accepted_by_rendering({"domain": domain}) is expected


@pytest.mark.parametrize("alias", [*ALIASES, *(name for name in DOMAINS if "." in name)])
def test_both_accept_the_same_aliases(alias: str) -> None:
    expected = accepted_by_application(validation.clean_alias, alias)
    assert accepted_by_rendering({"domain": "other.example.net", "aliases": [alias]}) is expected


def test_no_letter_of_a_script_is_refused_by_the_chart_alone() -> None:
    """Letters from all planes that IDNA permits: the chart must not know fewer than the application."""
    letters = [chr(point) for point in range(0x80, 0x30000, 307) if chr(point).isalnum()]
    valid = {name for letter in letters if (name := _name_with(letter))}
    assert len(valid) > 300
    sites = {f"s{number}": {"domain": name} for number, name in enumerate(valid)}
    assert render({"sites": sites, "siteSync": {"enabled": False}, "tests": {"maxSites": 0}}).objects


def _name_with(letter: str) -> str:
    try:
        return validation.clean_domain(f"{letter}.test")
    except ValidationError:
        return ""


def test_the_notes_say_what_only_the_release_job_checks() -> None:
    assert "xn--" in render({"sites": {"north": {"domain": "xn--bcher-kva.example"}}}).notes
    assert "xn--" not in render({"sites": {"north": {"domain": "north.example"}}}).notes


def test_the_notes_name_hosts_that_are_refused_unless_a_site_has_them() -> None:
    """Not refused by the chart: it does not know what an installation has from before the rule."""
    hosts = ["10.0.0.1", "intranet", "web.shop.svc", "web.shop.svc.cluster.local"]
    notes = render({"sites": {"north": {"domain": "north.example", "aliases": hosts}}}).notes
    assert f"WARNING: {', '.join(hosts)}: addresses" in notes
    assert "addresses" not in render({"sites": {"north": {"domain": "localhost", "aliases": ["svc.example"]}}}).notes


def test_the_message_names_the_site_and_the_character() -> None:
    with pytest.raises(Refused, match=r"sites.north: xn--i-7iq contains ❤ \(U\+2764\), which is no letter or digit"):
        render({"sites": {"north": {"domain": "xn--i-7iq.ws"}, "south": {"domain": "south.example"}}})


@pytest.mark.parametrize("values", [{"ingress": {"enabled": True}, "tls": {"mode": "perSite", "clusterIssuer": "x"}}])
def test_objects_of_a_site_with_the_longest_key_have_valid_names(values: dict[str, object]) -> None:
    rendered = render({**values, "sites": {"k" * 63: {"domain": "north.example.org"}}})
    names = [one["metadata"]["name"] for one in rendered.objects if "k" * 63 in one["metadata"]["name"]]
    assert names
    assert all(len(name) <= 253 for name in names)
