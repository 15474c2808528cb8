"""Which hosts have TLS, and that only those are redirected to HTTPS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart import policy, schemas
from tests.chart.rendering import Rendered, Values, environment, render, web

SITES: Values = {
    "north": {"domain": "north.example.org", "aliases": ["www.north.example.org", "*.n.example.org"]},
    "plain": {"domain": "plain.example.org", "aliases": ["old.example.org"], "tls": {"enabled": False}},
}
PLAIN = {"plain.example.org", "old.example.org"}
ISSUED = {"mode": "perSite", "clusterIssuer": "letsencrypt", "dns01": True}
ADMIN = {"host": "admin.example.org"}
OTHER = {"host": "b.example.org"}
WILDCARD = {"secretName": "w", "hosts": ["*.example.org"]}
CATCH_ALL: Values = {"ingress": {"enabled": True, "hosts": [ADMIN], "catchAll": True}}
ADMIN_TLS = {"secretName": "admin", "hosts": ["admin.example.org"]}


def redirected(rendered: Rendered) -> tuple[bool, set[str]]:
    """Whether hosts are redirected, and the exceptions."""
    found = environment(web(rendered))
    listed = str(found.get("SSL_REDIRECT_EXCEPT", ""))
    return found["SECURE_SSL_REDIRECT"] == "true", set(filter(None, listed.split(",")))


def hosts_with_tls(rendered: Rendered) -> set[str]:
    """The hosts of Ingresses whose own `tls` covers them."""
    found = set()
    for ingress in rendered.kind("Ingress"):
        covered = [host for entry in ingress["spec"].get("tls", []) for host in entry.get("hosts", ["*"])]
        for host in [rule.get("host", "*") for rule in ingress["spec"]["rules"]]:
            if host in covered or "*" in covered or f"*.{host.partition('.')[2]}" in covered:
                found.add(host)
    return found


CASES: list[tuple[str, Values]] = [
    ("nothing", {"ingress": {"enabled": True}}),
    ("admin host with TLS", {"ingress": {"enabled": True, "hosts": [ADMIN], "tls": [ADMIN_TLS]}}),
    ("wildcard for the admin host", {"ingress": {"enabled": True, "hosts": [ADMIN], "tls": [WILDCARD]}}),
    ("two admin hosts, one with TLS", {"ingress": {"enabled": True, "hosts": [ADMIN, OTHER], "tls": [ADMIN_TLS]}}),
    ("a certificate per site", {"ingress": {"enabled": True}, "tls": ISSUED}),
    ("and an admin host without TLS", {"ingress": {"enabled": True, "hosts": [ADMIN]}, "tls": ISSUED}),
    ("and an admin host with TLS", {"ingress": {"enabled": True, "hosts": [ADMIN], "tls": [ADMIN_TLS]}, "tls": ISSUED}),
    ("wildcard", {**CATCH_ALL, "tls": {"mode": "wildcard", "secretName": "w"}}),
    ("catch-all without sites", {"ingress": {"enabled": True, "catchAll": True, "tls": [{"secretName": "w"}]}}),
]


@pytest.mark.parametrize(("name", "values"), CASES, ids=[name for name, _ in CASES])
def test_a_host_is_redirected_if_it_has_tls(name: str, values: Values) -> None:
    mode = values.get("tls", {}).get("mode", "none")
    sites: Any = {} if name == "catch-all without sites" else SITES
    if mode == "none" and sites:
        sites = {key: {k: v for k, v in site.items() if k != "tls"} for key, site in SITES.items()}
    rendered = render({**values, "sites": sites})
    default, exceptions = redirected(rendered)
    hosts = {rule.get("host", "*") for one in rendered.kind("Ingress") for rule in one["spec"]["rules"]}
    assert {host for host in hosts if default is not (host in exceptions)} == hosts_with_tls(rendered)
    assert [fault for one in rendered.objects for fault in schemas.faults(one, "1.34")] == []


def test_only_the_site_without_tls_is_served_over_http() -> None:
    rendered = render({"ingress": {"enabled": True}, "tls": ISSUED, "sites": SITES})
    assert redirected(rendered) == (True, PLAIN)
    assert "http://plain.example.org/" in rendered.notes
    assert "https://north.example.org/" in rendered.notes


def test_at_an_edge_every_host_has_tls_but_those_that_say_no() -> None:
    assert redirected(render({"tls": {"mode": "edge"}, "sites": SITES})) == (True, PLAIN)


@pytest.mark.parametrize("value", [True, False])
def test_an_explicit_redirect_has_no_exceptions(value: bool) -> None:
    values = {"ingress": {"enabled": True}, "tls": ISSUED, "sites": SITES, "django": {"secureSSLRedirect": value}}
    assert redirected(render(values)) == (value, set())


def test_on_a_gateway_a_site_without_tls_has_no_https_listener_and_no_redirect() -> None:
    http, https = {"name": "public", "sectionName": "http"}, {"name": "public", "sectionName": "https"}
    values = {
        "httpRoute": {"enabled": True, "parentRefs": [https], "redirect": {"enabled": True, "parentRefs": [http]}},
        "listenerSet": {"enabled": True, "parentRef": {"name": "public"}},
        "tls": ISSUED,
        "sites": SITES,
    }
    rendered = render(values)
    assert [one["metadata"]["name"] for one in rendered.kind("ListenerSet")] == ["demo-colonnade-site-north"]
    routes = {one["metadata"]["name"]: one["spec"]["parentRefs"] for one in rendered.kind("HTTPRoute")}
    assert routes["demo-colonnade-site-plain"] == [http]
    assert routes["demo-colonnade-site-north-https"] == [http]
    assert "demo-colonnade-site-plain-https" not in routes
    assert [fault for one in rendered.objects for fault in schemas.faults(one, "1.34")] == []
    assert policy.findings(rendered.objects) == []
    assert redirected(rendered) == (True, PLAIN)
