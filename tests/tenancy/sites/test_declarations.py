"""A file of declared sites: every fault is named with its place, all of them together."""

from __future__ import annotations

import pytest

from app.tenancy.sites.declarations import InvalidDeclaration, parse


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidDeclaration) as invalid:
        parse(text)
    return invalid.value.problems


def test_it_works() -> None:
    alpha, beta = parse("""
sites:
  alpha: {domain: Alpha.Test., name: Alpha, aliases: [www.alpha.test, {host: "*.alpha.test", redirect: false}]}
  beta: {domain: beta.test, settings: {tagline: Hello}}
""")
    assert (alpha.key, alpha.domain, alpha.name) == ("alpha", "alpha.test", "Alpha")
    assert alpha.aliases == {"www.alpha.test": True, "*.alpha.test": False}
    assert (beta.name, beta.state, beta.settings) == ("beta.test", "active", {"tagline": "Hello"})


def test_a_list_and_json_are_the_same() -> None:
    assert parse('{"sites": [{"key": "alpha", "domain": "alpha.test"}]}') == parse(
        "sites: {alpha: {domain: alpha.test}}"
    )


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("", "", "sites"),
        ("[]", "", "sites"),
        ("sites: {}", "sites", "empty"),
        ("sites: 3", "sites", "list"),
        ("sites: {a: {domain: a.test", "", "YAML"),
        ("sites: {a: {domain: a.test}}\nother: 1", "other", "not known"),
        ("sites: {a: 3}", "sites.a", "map"),
        ("sites: {a: {domain: a.test}, a: {domain: b.test}}", "", "a "),
        ("sites: {a: {domain: a.test}, b: {domain: A.test.}}", "", "a.test"),
        ("sites: {a: {domain: a.test}, b: {domain: b.test, aliases: [a.test]}}", "", "a.test"),
        ("sites: {a: {domain: a.test, aliases: [b.test, B.test]}}", "sites.a.aliases[1]", "b.test"),
        ("sites: [{key: a, domain: a.test}, {key: a, domain: b.test}]", "", "key a"),
        ("sites: [{domain: a.test}]", "sites[0].key", ""),
        ("sites: {a: {key: b, domain: a.test}}", "sites.a.key", ""),
        ("sites: {A b: {domain: a.test}}", "sites.A b.key", ""),
        ("sites: {a: {name: A}}", "sites.a.domain", "missing"),
        ("sites: {a: {domain: 7}}", "sites.a.domain", "text"),
        ("sites: {a: {domain: 'a.test:80'}}", "sites.a.domain", "port"),
        ("sites: {a: {domain: a.test, domian: b.test}}", "sites.a.domian", "not known"),
        ("sites: {a: {domain: a.test, colour: red}}", "sites.a.colour", ""),
        ("sites: {a: {domain: a.test, state: gone}}", "sites.a.state", "active"),
        ("sites: {a: {domain: a.test, theme: No Theme}}", "sites.a.theme", ""),
        ("sites: {a: {domain: a.test, settings: 3}}", "sites.a.settings", "map"),
        ("sites: {a: {domain: a.test, aliases: b.test}}", "sites.a.aliases", "list"),
        ("sites: {a: {domain: a.test, aliases: ['*']}}", "sites.a.aliases[0]", ""),
        ("sites: {a: {domain: a.test, aliases: [{host: b.test, redirect: perhaps}]}}", "sites.a.aliases[0]", "true"),
        (f"sites: {{a: {{domain: a.test, name: {'n' * 51}}}}}", "sites.a.name", "50"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, place: str, word: str) -> None:
    assert [problem for problem in problems(text) if problem.startswith(place) and word in problem]


def test_all_faults_are_reported_together() -> None:
    found = problems("sites: {a: {domain: a..b, state: gone}, b: {colour: red}}")
    places = {problem.partition(":")[0] for problem in found}
    assert places >= {"sites.a.domain", "sites.a.state", "sites.b.domain", "sites.b.colour"}
