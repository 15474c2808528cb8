"""A file of declared sites: every fault is named with its place, all of them together."""

from __future__ import annotations

import pytest

from app.tenancy.sites.declarations import InvalidDeclaration, parse


def problems(text: str) -> list[str]:
    try:
        return parse(text).problems
    except InvalidDeclaration as error:
        return error.problems


def test_it_works() -> None:
    declared = parse("""
sites:
  alpha: {domain: Alpha.Test., name: Alpha, aliases: [www.alpha.test, {host: "*.alpha.test", redirect: false}]}
  beta: {domain: beta.test, settings: {tagline: Hello}}
""")
    alpha, beta = declared.sites
    assert declared.problems == []
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
        ("", "", "nothing is declared"),
        ("[]", "", "nothing is declared"),
        ("sites: {}", "sites", "empty"),
        ("sites: 3", "sites", "must be a map by key or a list"),
        ("sites: {a: {domain: a.test", "", "not valid YAML"),
        ("sites: {a: {domain: a.test}}\nother: 1", "other", "unknown"),
        ("sites: {a: 3}", "sites.a", "map"),
        ("sites: {a: {domain: a.test}, a: {domain: b.test}}", "", "duplicate a"),
        ("sites: {a: {domain: a.test, aliases: [b.test, B.test]}}", "sites.a.aliases", "b.test"),
        ("sites: [{domain: a.test}]", "sites[0].key", ""),
        ("sites: {a: {key: b, domain: a.test}}", "sites.a.key", ""),
        ("sites: {A b: {domain: a.test}}", "sites.A b.key", ""),
        ("sites: {a: {name: A}}", "sites.a.domain", "missing"),
        ("sites: {a: {domain: 7}}", "sites.a.domain", "must be text; quote it"),
        ("sites: {a: {domain: 'a.test:80'}}", "sites.a.domain", "has a port"),
        ("sites: {a: {domain: a.test, domian: b.test}}", "sites.a.domian", "unknown field"),
        ("sites: {a: {domain: a.test, colour: red}}", "sites.a.colour", ""),
        ("sites: {a: {domain: a.test, state: gone}}", "sites.a.state", "active"),
        ("sites: {a: {domain: a.test, theme: No Theme}}", "sites.a.theme", ""),
        ("sites: {a: {domain: a.test, settings: 3}}", "sites.a.settings", "map"),
        ("sites: {a: {domain: a.test, aliases: b.test}}", "sites.a.aliases", "list"),
        ("sites: {a: {domain: a.test, aliases: ['*']}}", "sites.a.aliases", "'*' is not a valid alias"),
        (
            "sites: {a: {domain: a.test, aliases: [{host: b.test, redirect: perhaps}]}}",
            "sites.a.aliases[0].redirect",
            "must be true or false",
        ),
        (f"sites: {{a: {{domain: a.test, name: {'n' * 51}}}}}", "sites.a.name", "50"),
        ("sites: {a: {domain: a.test, name: 2026-02-30}}", "", "'2026-02-30' is not a valid timestamp; quote it if it"),
        ("sites: {a: {domain: a.test, name: !!bool maybe}}", "", "'maybe' is not a valid bool"),
        ("sites: {a: {domain: a.test, name: !!timestamp soon}}", "", "'soon' is not a valid timestamp"),
        ("sites: {a: {domain: a.test, settings: !!map 5}}", "", "no map"),
        ("[" * 5000, "", "nested too deeply"),
        (r'sites: {a: {domain: a.test, name: "N\0orth"}}', "sites.a.name", "without control characters"),
        (r'sites: {a: {domain: a.test, name: "N\north"}}', "sites.a.name", "without control characters"),
        (r'sites: {a: {domain: a.test, name: "N\ud800"}}', "sites.a.name", "without control characters"),
        (
            r'sites: {a: {domain: a.test, settings: {own: ["N\0orth"]}}}',
            "sites.a.settings",
            "'own': must not contain NUL",
        ),
        (r'sites: {a: {domain: a.test, settings: {own: {"\ud800": 1}}}}', "sites.a.settings", "half of a character"),
        ("sites: {a: {domain: a.test, settings: {own: 2026-02-03}}}", "sites.a.settings", "quote it if it is text"),
        ("sites: {a: {domain: a.test, settings: {own: .nan}}}", "sites.a.settings", "must be a finite number"),
        ("sites: {a: {domain: a.test, settings: {5: own}}}", "sites.a.settings", "5: the name must be text"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, place: str, word: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(place)
    assert word in problem


def test_a_name_and_settings_keep_what_is_no_fault() -> None:
    (site,) = parse(
        'sites: {a: {domain: a.test, name: "Nœud\u00a0👩‍💻", settings: {own: [1, 2.5, true, null, {a: b}]}}}'
    ).sites
    assert (site.name, site.settings) == ("Nœud\u00a0👩‍💻", {"own": [1, 2.5, True, None, {"a": "b"}]})


def test_all_faults_are_reported_together() -> None:
    found = problems("sites: {a: {domain: a..b, state: gone}, b: {colour: red}}")
    places = {problem.partition(":")[0] for problem in found}
    assert places == {"sites.a.domain", "sites.a.state", "sites.b.domain", "sites.b.colour"}
