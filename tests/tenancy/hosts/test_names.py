import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tenancy.hosts.names import Host, InvalidHost, normalise_alias, normalise_domain, parse_host


@pytest.mark.parametrize(
    ("raw", "name", "port"),
    [
        ("north.test", "north.test", None),
        ("Example.COM", "example.com", None),
        ("example.com.", "example.com", None),
        ("Example.COM.:8000", "example.com", 8000),
        ("h:443", "h", 443),
        ("h:1", "h", 1),
        ("h:65535", "h", 65535),
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("[::1]:8000", "[::1]", 8000),
        ("[0:0:0:0:0:0:0:1]", "[::1]", None),
        ("[2001:DB8::A]", "[2001:db8::a]", None),
        ("bücher.example", "xn--bcher-kva.example", None),
        ("BÜCHER.example", "xn--bcher-kva.example", None),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example", None),
        ("straße.example", "xn--strae-oqa.example", None),
        ("north\uff0etest", "north.test", None),  # full-width dot
        ("a" * 63 + ".test", "a" * 63 + ".test", None),
    ],
)
def test_it_works(raw: str, name: str, port: int | None) -> None:
    assert parse_host(raw) == Host(name, port)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        "-a.com",
        "a-.com",
        "a.-b",
        "exa_mple.com",
        "a b",
        "a\tb",
        "a\nb",
        "a\x00b",
        "a\x7f",
        "a@b",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%2eb",
        "*.x.test",
        "a, b",
        "a,b",
        "a;b",
        "'a'",
        "a:",
        "a:0",
        "a:99999",
        "a:65536",
        "a:8x",
        "a:-1",
        "a:+1",
        "a: 80",
        "a:\u0661",
        "a:80:80",
        "::1",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]:",
        "[127.0.0.1]",
        "[::1%eth0]",
        "[]",
        "a" * 64 + ".test",
        "x" * 300,
        "a." * 126 + "aa",
        "xn--.test",
        "xn--a-ecp\u00fc.test",
        "xn--zzzzzzzzz999999999.test",
        "\u202enorth.test",
        "\ud800.test",
    ],
)
def test_what_is_no_host_is_refused(raw: str) -> None:
    with pytest.raises(InvalidHost) as refusal:
        parse_host(raw)
    assert not raw.strip() or raw not in refusal.value.reason


@given(st.text(max_size=60))
def test_nothing_but_invalid_host_is_ever_raised_and_the_result_is_stable(raw: str) -> None:
    try:
        host = parse_host(raw)
    except InvalidHost:
        return
    assert parse_host(str(host)) == host
    assert host.name == host.name.lower()
    assert host.name.isascii()


def test_a_stored_domain_has_no_port_and_loses_white_space() -> None:
    assert normalise_domain(" North.Test. ") == "north.test"
    with pytest.raises(InvalidHost):
        normalise_domain("north.test:8000")


@pytest.mark.parametrize(
    ("raw", "stored"), [("*.Example.org", "*.example.org"), ("www.bücher.example", "www.xn--bcher-kva.example")]
)
def test_aliases(raw: str, stored: str) -> None:
    assert normalise_alias(raw) == stored


@pytest.mark.parametrize("raw", ["*", "*.", "*.org", "*.*.org", "a.*.org", "*a.org", "*.[::1]", "*.a..b"])
def test_wildcards_that_would_catch_too_much(raw: str) -> None:
    with pytest.raises(InvalidHost):
        normalise_alias(raw)
