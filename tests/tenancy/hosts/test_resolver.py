import pytest

from app.tenancy.hosts.names import parse_host
from app.tenancy.hosts.resolver import BadHost, ConflictingHosts, Fallbacks, UnknownHost, effective_host, resolve
from app.tenancy.hosts.snapshot import Snapshot, build

SNAPSHOT = build(
    1,
    [
        (1, "north.test", "North", "active", "", "", ""),
        (2, "south.test", "South", "active", "", "", ""),
        (3, "deep.wild.test", "Deep", None, None, None, None),
    ],
    [
        ("www.north.test", 1, True),
        ("plain.north.test", 1, False),
        ("*.wild.test", 2, False),
        ("*.deep.wild.test", 1, True),
    ],
)
NONE = Fallbacks(frozenset(), None, 1)


def host(
    snapshot: Snapshot = SNAPSHOT,
    *,
    host: str | None,
    forwarded: str | None = None,
    trusted: bool = True,
    hops: int = 1,
) -> str:
    return str(effective_host(snapshot, host=host, forwarded=forwarded, trusted=trusted, hops=hops))


@pytest.mark.parametrize(
    ("asked", "site", "redirects"),
    [
        ("north.test", 1, False),
        ("www.north.test", 1, True),
        ("plain.north.test", 1, False),
        ("a.wild.test", 2, False),
        ("a.b.wild.test", 2, False),
        ("deep.wild.test", 3, False),  # a domain before a wildcard
        ("a.deep.wild.test", 1, True),  # the more specific wildcard before the other
    ],
)
def test_it_works(asked: str, site: int, redirects: bool) -> None:
    resolution = resolve(SNAPSHOT, asked, NONE)
    assert (resolution.site.id, resolution.redirects, resolution.site.source) == (site, redirects, "host")


@pytest.mark.parametrize("asked", ["wild.test", "xwild.test", "north.test.evil.test", "xnorth.test", "nowhere.test"])
def test_a_host_that_looks_like_one_of_ours_is_unknown(asked: str) -> None:
    with pytest.raises(UnknownHost):
        resolve(SNAPSHOT, asked, NONE)


def test_the_order_is_session_host_environment_setting() -> None:
    listed = frozenset({"admin.test"})
    south = SNAPSHOT.sites[2]
    chosen = resolve(SNAPSHOT, "north.test", Fallbacks(listed, 3, 1), session_site=south).site
    assert (chosen.id, chosen.source) == (2, "session")
    by_host = resolve(SNAPSHOT, "north.test", Fallbacks(listed, 3, 1)).site
    assert (by_host.id, by_host.source) == (1, "host")
    by_environment = resolve(SNAPSHOT, "admin.test", Fallbacks(listed, 3, 1)).site
    assert (by_environment.id, by_environment.source) == (3, "environment")
    by_setting = resolve(SNAPSHOT, "admin.test", Fallbacks(listed, None, 1)).site
    assert (by_setting.id, by_setting.source) == (1, "setting")


def test_the_fallbacks_never_serve_a_host_that_nobody_listed() -> None:
    with pytest.raises(UnknownHost):
        resolve(SNAPSHOT, "nowhere.test", Fallbacks(frozenset({"admin.test"}), 3, 1), session_site=SNAPSHOT.sites[2])


def test_a_fallback_to_a_site_that_is_not_there_is_no_other_site() -> None:
    with pytest.raises(UnknownHost):
        resolve(SNAPSHOT, "admin.test", Fallbacks(frozenset({"admin.test"}), 99, 1))


def test_the_forwarded_host_counts_from_a_trusted_peer_only() -> None:
    assert host(host="internal.test", forwarded="north.test") == "north.test"
    assert host(host="north.test", forwarded="south.test", trusted=False) == "north.test"


def test_of_a_list_the_nearest_proxys_value_counts() -> None:
    assert host(host="internal", forwarded="evil.test, north.test") == "north.test"
    assert host(host="internal", forwarded="north.test, proxy.test", hops=2) == "north.test"
    assert host(host="internal", forwarded="north.test", hops=2) == "north.test"


def test_an_internal_name_that_is_no_host_is_no_conflict() -> None:
    assert host(host="web_1:8000", forwarded="north.test") == "north.test"


@pytest.mark.parametrize("forwarded", ["south.test", "SOUTH.test.", "a.wild.test", "x, south.test"])
def test_two_headers_that_name_two_sites_are_refused(forwarded: str) -> None:
    with pytest.raises(ConflictingHosts):
        host(host="north.test", forwarded=forwarded)


@pytest.mark.parametrize("forwarded", ["north.test", "www.north.test"])
def test_two_headers_of_one_site_are_no_conflict(forwarded: str) -> None:
    assert host(host="north.test", forwarded=forwarded) == forwarded


@pytest.mark.parametrize("forwarded", ["", " ", "north.test,", "north.test, ", "a b", "north.test;x"])
def test_a_forwarded_host_that_is_none_is_refused(forwarded: str) -> None:
    with pytest.raises(BadHost):
        host(host="north.test", forwarded=forwarded)


def test_no_host_at_all_is_refused() -> None:
    with pytest.raises(BadHost):
        host(host=None)


SITE_OF = {
    "north.test": 1,
    "south.test": 2,
    "www.north.test": 1,
    "plain.north.test": 1,
    "a.wild.test": 2,
    "listed.test": None,
    "unknown.test": None,
}


@pytest.mark.parametrize("sent", SITE_OF)
@pytest.mark.parametrize("forwarded", SITE_OF)
def test_under_the_host_of_a_site_no_other_site_is_served(sent: str, forwarded: str) -> None:
    fallbacks = Fallbacks(frozenset({"listed.test"}), None, 1)
    served: int | str
    try:
        served = resolve(SNAPSHOT, host(host=sent, forwarded=forwarded), fallbacks).site.id
    except ConflictingHosts:
        served = "conflict"
    except UnknownHost:
        served = "unknown"
    expected: int | str = SITE_OF[forwarded] or (1 if forwarded == "listed.test" else "unknown")
    if SITE_OF[sent] is not None and SITE_OF[sent] != SITE_OF[forwarded]:
        expected = "conflict"
    assert served == expected


@pytest.mark.parametrize(
    ("raw", "secure", "expected"),
    [
        ("north.test:443", True, "north.test"),
        ("north.test:80", False, "north.test"),
        ("north.test:80", True, "north.test:80"),
        ("north.test:443", False, "north.test:443"),
        ("[::1]:443", True, "[::1]"),
        ("north.test:8443", True, "north.test:8443"),
    ],
)
def test_the_default_port_of_a_scheme_is_no_port(raw: str, secure: bool, expected: str) -> None:
    assert str(parse_host(raw).without_default_port(secure=secure)) == expected
