"""A filled template is what Helm creates for the same site when it is declared; only names and owners differ."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.routes.template import DIGEST, RoutedSite, object_name
from tests.chart.rendering import Object, Values, render, scenario
from tests.routes.conftest import PLAIN_GATEWAY, template_in

INGRESS: Values = {
    "ingress": {"enabled": True, "className": "traefik", "annotations": {"a": "b"}},
    "tls": {"mode": "perSite", "issuer": "letsencrypt", "dns01": True},
}
LISTENERS: Values = {key: value for key, value in scenario("routes").items() if key not in {"sites", "routes"}}
KINDS = {"HTTPRoute", "Ingress", "ListenerSet", "Certificate"}
HOSTS = ["shop.example.org", *(f"h{n}.example.org" for n in range(19)), "xn--bcher-kva.example.org"]


def owned_by_nobody(objects: list[Object]) -> list[Object]:
    """Without the labels of an owner, and without the digest."""
    kept = json.loads(json.dumps(objects))
    for one in kept:
        labels = one["metadata"]["labels"]
        for name in ("managed-by", "instance", "version"):
            labels.pop(f"app.kubernetes.io/{name}", None)
        labels.pop("helm.sh/chart", None)
        labels.pop("colonnade.github.io/routes-of", None)
        annotations = {key: text for key, text in one["metadata"].pop("annotations", {}).items() if key != DIGEST}
        one["metadata"] |= {"annotations": annotations} if annotations else {}
    return sorted(kept, key=lambda one: (one["kind"], one["metadata"]["name"]))


@pytest.mark.parametrize("values", [INGRESS, PLAIN_GATEWAY, LISTENERS], ids=["ingress", "gateway", "listeners"])
@pytest.mark.parametrize("hosts", [HOSTS[:1], HOSTS], ids=["one", "many"])
def test_filled_is_declared(tmp_path: Path, values: Values, hosts: list[str]) -> None:
    declared = render({**values, "sites": {"shop": {"domain": hosts[0], "aliases": hosts[1:]}}})
    wanted = [one for one in declared.objects if one["kind"] in KINDS]
    filled = template_in(tmp_path, values).fill(RoutedSite(7, "shop", tuple(hosts)))
    assert len(filled) >= (1 if values is INGRESS else 3)
    own = re.compile(r"demo-colonnade-route-shop((?:\.(?:https|tls|\d))*)")
    renamed = json.loads(
        own.sub(lambda found: "demo-colonnade-site-shop" + found[1].replace(".", "-"), json.dumps(filled))
    )
    assert owned_by_nobody(renamed) == owned_by_nobody(wanted)


@pytest.mark.parametrize("release", ["demo", "a" * 53])
@pytest.mark.parametrize("key", ["shop", "k" * 39, "k" * 41, "k" * 62])
def test_names_are_those_of_the_chart_with_another_word(release: str, key: str) -> None:
    """`site-` has one letter less than `route-`, so the declared site's key has one more."""
    values: dict[str, Any] = {**INGRESS, "sites": {f"x{key}": {"domain": "shop.example.org"}}}
    rendered = render(values, release=release)
    site = rendered.of("Ingress")
    fullname = rendered.of("Deployment")["metadata"]["name"]
    own, secret = (
        name.replace(f"-site-x{key}", f"-route-{key}")
        for name in (site["metadata"]["name"], site["spec"]["tls"][0]["secretName"])
    )
    with_end = f"{secret.removesuffix('-tls')}.tls"
    assert (object_name(fullname, key), object_name(fullname, key, "-tls")) == (own, with_end)
    assert own != site["metadata"]["name"]


def test_a_wildcard_has_a_route_where_a_certificate_can_be_made(tmp_path: Path) -> None:
    assert template_in(tmp_path, INGRESS).wildcards
    assert not template_in(tmp_path, LISTENERS).wildcards
    assert template_in(tmp_path, {**INGRESS, "tls": {"mode": "none"}}).wildcards
