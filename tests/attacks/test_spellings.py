"""One host in many spellings is one site, and what is not a host is none."""

from __future__ import annotations

import ipaddress
import re

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.tenancy.hosts.names import InvalidHost, normalise_alias, normalise_domain, parse_host
from app.tenancy.hosts.snapshot import build
from tests.attacks.strategies import BAD_PORTS, NAMES, broken, spellings

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
PORT = re.compile(r":\d+$")
LETTERS = st.characters(codec="utf-8")
#: Text in which the characters that mean something are frequent.
TEXTS = st.text(
    st.one_of(st.sampled_from("aZ0-._:[]%@/\\,; \t\0xn\u00fc\u00df\u03a3\u03c2\uff0e\u3002\u200d"), LETTERS),
    max_size=50,
)


def written(latin: str) -> str:
    return latin.encode("latin-1").decode("utf-8", "surrogatepass")


@given(TEXTS)
def test_a_result_is_a_legal_name_and_stays_what_it_is(raw: str) -> None:
    try:
        host = parse_host(raw)
    except InvalidHost:
        return
    assert parse_host(str(host)) == host
    assert len(host.name) <= 253
    if host.name.startswith("["):
        assert ipaddress.IPv6Address(host.name[1:-1]).compressed == host.name[1:-1]
        return
    for label in host.name.split("."):
        assert LABEL.fullmatch(label)
        if label.startswith("xn--"):
            assert idna.alabel(idna.ulabel(label)).decode() == label


@given(TEXTS.filter(lambda text: not set(text) & set(":[]")))
@example("example.ΌΔΟΣ")
@example("ΌΔΟΣ.")
@example("İ.example")
@example("\u212a.example")
def test_capital_letters_are_mapped_as_browsers_map_them(raw: str) -> None:
    try:
        mapped = idna.uts46_remap(raw, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return
    results = []
    for text in (raw, mapped):
        try:
            results.append(parse_host(text).name)
        except InvalidHost:
            results.append("invalid")
    assert results[0] == results[1]


@given(st.data())
def test_whatever_is_stored_and_however_it_is_written_there_is_one_site(data: st.DataObject) -> None:
    stored = data.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
    domains = [PORT.sub("", written(data.draw(spellings(name)))) for name in stored]
    snapshot = build(1, [(pk, domain, "", "", "", "", "") for pk, domain in enumerate(domains, 1)], [])
    for name in stored:
        oldest = stored.index(name) + 1
        for _ in range(3):
            match = snapshot.find(parse_host(written(data.draw(spellings(name)))).name)
            assert match is not None
            assert match.site.id == oldest


@given(TEXTS)
def test_what_can_be_stored_is_what_is_read(raw: str) -> None:
    """One normaliser for both: no stored name that no request reaches, and none that reaches another."""
    try:
        stored = normalise_domain(raw)
    except InvalidHost:
        return
    assert parse_host(raw.strip()).name == stored
    assert normalise_alias(raw) == stored


@given(st.sampled_from(NAMES).flatmap(broken))
def test_what_is_not_a_host_never_becomes_one(raw: str) -> None:
    with pytest.raises(InvalidHost):
        parse_host(written(raw))


@pytest.mark.parametrize("port", BAD_PORTS)
@pytest.mark.parametrize("name", ["north.test", "[::1]", "127.0.0.1"])
def test_a_port_is_a_number_that_a_socket_has(name: str, port: str) -> None:
    with pytest.raises(InvalidHost):
        parse_host(f"{name}{port}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal.test", "p\u0430ypal.test"),  # Cyrillic
        ("paypal.test", "paypa1.test"),
        ("strasse.test", "stra\u00dfe.test"),
        ("\u03b1\u03c3.test", "\u03b1\u03c2.test"),
        ("b\u00fccher.test", "bucher.test"),
    ],
)
def test_names_that_look_alike_are_two(one: str, other: str) -> None:
    assert parse_host(one).name != parse_host(other).name
