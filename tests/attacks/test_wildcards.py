"""A wildcard matches whole labels below its name, and the most specific name counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.tenancy.hosts.snapshot import build

LABELS = st.sampled_from(("a", "b", "ab", "xa", "wild", "test"))
HOSTS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
PARENTS = st.lists(LABELS, min_size=2, max_size=4).map(".".join)
GLUE = st.text("abz09-", min_size=1, max_size=4)


def expected(host: str, canonical: dict[str, int], exact: dict[str, int], wildcards: dict[str, int]) -> int | None:
    """Which site has a host, by the simplest rule that says it."""
    for names in (canonical, exact):
        if host in names:
            return names[host]
    above = [parent for parent in wildcards if host.endswith(f".{parent}")]
    return wildcards[max(above, key=len)] if above else None


@given(
    st.lists(HOSTS, max_size=4, unique=True),
    st.dictionaries(HOSTS, st.integers(1, 4), max_size=4),
    st.dictionaries(PARENTS, st.integers(1, 4), max_size=5),
    st.lists(HOSTS, min_size=1, max_size=10),
)
def test_it_is_the_longest_name_that_ends_the_host(
    domains: list[str], aliases: dict[str, int], wildcards: dict[str, int], asked: list[str]
) -> None:
    domains = [*domains, *(f"own{number}.example" for number in range(4 - len(domains)))]
    canonical = {domain: number for number, domain in enumerate(domains, 1)}
    stored = [*aliases.items(), *((f"*.{parent}", site) for parent, site in wildcards.items())]
    rows = [(pk, domain, "", "", "", "", "") for domain, pk in canonical.items()]
    snapshot = build(1, rows, [(host, site, False) for host, site in stored])
    for host in [*asked, *aliases, *wildcards, *(f"x.{parent}" for parent in wildcards)]:
        match = snapshot.find(host)
        assert (match.site.id if match else None) == expected(host, canonical, aliases, wildcards)


@given(PARENTS, GLUE)
def test_a_name_that_only_ends_alike_is_unknown(parent: str, glue: str) -> None:
    snapshot = build(1, [(1, "own.example", "", "", "", "", "")], [(f"*.{parent}", 1, False)])
    assert snapshot.find(f"x.{parent}") is not None
    for host in (
        parent,
        f"{glue}{parent}",
        f"x{glue}{parent.partition('.')[2]}",
        f"x.{parent}.{glue}",
        parent.replace(".", glue),
    ):
        if not host.endswith(f".{parent}"):
            assert snapshot.find(host) is None
