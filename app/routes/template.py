"""The objects of one site, made from the chart's own template: what a declared site gets from Helm, field by field.

The template is JSON with placeholders (helm/colonnade/templates/_routes.tpl): `{key}`, `{object}` and `{object-tls}`
for names, `{host}` and `{host-hash}` for hosts. A list item with one of the last two is repeated, once per host.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]  # a Kubernetes object

MANAGER = "colonnade-routes"
MANAGED_BY, INSTANCE = "app.kubernetes.io/managed-by", "app.kubernetes.io/instance"
DIGEST = "colonnade.github.io/filled"
PLURALS = {
    "HTTPRoute": "httproutes",
    "Ingress": "ingresses",
    "ListenerSet": "listenersets",
    "Certificate": "certificates",
}
ROUTES = ("HTTPRoute", "Ingress")
HOSTNAMES_OF_A_ROUTE = 16
NAME_LENGTH, LONGEST_NAME, LONG_KEY = 63, 253, 40  # as colonnade.siteObject
PLACEHOLDER = re.compile(r"\{(key|host|host-hash|object[a-z0-9-]*)\}")
OF_A_HOST = re.compile(r"\{host(-hash)?\}")


class BadTemplate(Exception):
    """The file is no template of routes."""


@dataclass(frozen=True, slots=True)
class RoutedSite:
    """A site and the hosts that need a route, its own domain first. `left_out` cannot have one."""

    id: int
    key: str
    hosts: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_from_file: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: `api` is its group and version."""

    api: str
    name: str

    @property
    def plural(self) -> str:
        return PLURALS[self.name]


@dataclass(frozen=True)
class RouteTemplate:
    """`wildcards`: they may have a certificate. `certificates`: cert-manager makes one per site. `declares`: the chart
    creates the routes of sites that come from a file."""

    release: str
    fullname: str
    site_label: str
    routes_label: str
    lease: str
    wildcards: bool
    certificates: bool
    declares: bool
    objects: Sequence[Object]

    @classmethod
    def read(cls, path: Path) -> RouteTemplate:
        """Raises `BadTemplate`."""
        try:
            template = cls(**json.loads(path.read_text()))
            unknown = {one["kind"] for one in template.objects} - PLURALS.keys()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadTemplate(f"{path} is no template of routes ({error}). The chart makes it.") from None
        if unknown or not template.objects:
            raise BadTemplate(
                f"{path} has no routes, or unknown kinds {sorted(unknown)}. Use the chart of this version."
            )
        return template

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that are written."""
        return tuple(dict.fromkeys(Kind(one["apiVersion"], one["kind"]) for one in self.objects))

    @property
    def read_kinds(self) -> tuple[Kind, ...]:
        """The kinds that are only read: certificates that cert-manager makes by itself."""
        certificates = Kind("cert-manager.io/v1", "Certificate")
        return (certificates,) if self.certificates and certificates not in self.kinds else ()

    def owns(self, item: Object) -> bool:
        """Whether an object of the cluster is one of ours. SECURITY: no other one is ever written or deleted."""
        labels = item["metadata"].get("labels") or {}
        return labels.get(MANAGED_BY) == MANAGER and labels.get(self.routes_label) == self.release

    def is_of_chart(self, item: Object) -> bool:
        """Whether Helm created it with this release."""
        labels = item["metadata"].get("labels") or {}
        return labels.get(INSTANCE) == self.release and not self.owns(item)

    def is_declared(self, item: Object) -> bool:
        """Whether it is a route of a site that is declared in the values of this release."""
        return item["kind"] in ROUTES and self.is_of_chart(item)

    def key_of(self, item: Object) -> str:
        """The key of the site that an object belongs to; empty for none."""
        return str((item["metadata"].get("labels") or {}).get(self.site_label, ""))

    def fill(self, site: RoutedSite) -> list[Object]:
        """The objects of a site, each with a digest of itself in an annotation."""
        if not site.hosts:
            return []
        names = _Names(self.fullname, site.key)
        objects = (part for one in self.objects for part in _parts(_filled(one, names, site.hosts, None)))
        return [_with_digest(one) for one in objects]


@dataclass(frozen=True, slots=True)
class _Names:
    fullname: str
    key: str

    def text(self, placeholder: str, host: str | None) -> str:
        if placeholder == "key":
            return self.key
        if placeholder.startswith("object"):
            return object_name(self.fullname, self.key, placeholder.removeprefix("object"))
        if host is None:
            return f"{{{placeholder}}}"
        return host if placeholder == "host" else hashlib.sha256(host.encode()).hexdigest()[:12]


def object_name(fullname: str, key: str, suffix: str = "") -> str:
    """The name of an object of a site: as the chart's colonnade.siteObject, with `route-` instead of `site-`.

    Other names than the chart's: Helm does not take over an object that it did not create. The suffix follows a dot,
    which no key contains: with a hyphen, the redirect of `a` would be called as the route of the site `a-https`.
    """
    end = f"route-{key}{suffix.replace('-', '.', 1)}"
    room = (LONGEST_NAME if len(key) > LONG_KEY else NAME_LENGTH) - len(end) - 1
    if len(fullname) > room:
        digest = hashlib.sha256(fullname.encode()).hexdigest()[:8]
        fullname = f"{fullname[: max(0, room - 9)].removesuffix('-')}-{digest}"
    return f"{fullname}-{end}"


def _filled(value: Any, names: _Names, hosts: Sequence[str], host: str | None) -> Any:
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: names.text(found[1], host), value)
    if isinstance(value, dict):
        return {key: _filled(one, names, hosts, host) for key, one in value.items()}
    if isinstance(value, list):
        return [
            _filled(one, names, hosts, each)
            for one in value
            for each in (hosts if host is None and _is_per_host(one) else (host,))
        ]
    return value


def _is_per_host(item: Any) -> bool:
    """Whether an item of a list names the host itself, and not in a list inside of it."""
    if isinstance(item, str):
        return OF_A_HOST.search(item) is not None
    return isinstance(item, dict) and any(_is_per_host(one) for one in item.values())


def _parts(item: Object) -> Iterator[Object]:
    """An HTTPRoute with too many host names as several ones."""
    hosts = item["spec"].get("hostnames", ()) if item["kind"] == "HTTPRoute" else ()
    if len(hosts) <= HOSTNAMES_OF_A_ROUTE:
        yield item
        return
    for number, start in enumerate(range(0, len(hosts), HOSTNAMES_OF_A_ROUTE), 1):
        name = item["metadata"]["name"] + (f".{number}" if number > 1 else "")
        spec = {**item["spec"], "hostnames": hosts[start : start + HOSTNAMES_OF_A_ROUTE]}
        yield {**item, "metadata": {**item["metadata"], "name": name}, "spec": spec}


def _with_digest(item: Object) -> Object:
    digest = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:16]
    metadata = item["metadata"]
    return {**item, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), DIGEST: digest}}}


def contains(present: Any, wanted: Any) -> bool:
    """Whether an object of the cluster has every field that is wanted; it may have more, such as defaults."""
    if isinstance(wanted, Mapping):
        return isinstance(present, Mapping) and all(
            key in present and contains(present[key], one) for key, one in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(present, list) and len(present) == len(wanted) and all(map(contains, present, wanted))
    return bool(present == wanted)
