"""What the controllers of the cluster say about the objects of a site, as one status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.routes.template import Object

LONGEST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Status:
    """As `RouteStatus`. `message` says what is wrong, or what is waited for."""

    accepted: bool | None = None
    resolved: bool | None = None
    certificate_ready: bool | None = None
    certificate_until: datetime | None = None
    message: str = ""


class _Said(NamedTuple):
    value: bool | None
    message: str = ""


def status_of(objects: Iterable[Object], certificates: Iterable[Object], notes: Iterable[str] = ()) -> Status:
    """`objects` are the routes and listeners of a site. `notes` are faults of ours; each one means: not accepted."""
    objects, notes, certificates = list(objects), list(notes), list(certificates)
    accepted = [one for item in objects for one in _accepted(item)]
    resolved = [one for item in objects for one in _resolved(item)]
    ready = [_condition(item, item.get("status") or {}, "Ready") for item in certificates]
    ends = [end for item in certificates if (end := (item.get("status") or {}).get("notAfter"))]
    said = [*accepted, *resolved, *ready]
    faults = [*notes, *(one.message for one in said if one.value is False)]
    messages = faults or [one.message for one in said if one.value is None]
    return Status(
        accepted=False if notes else _all(accepted),
        resolved=_all(resolved),
        certificate_ready=_all(ready),
        certificate_until=min(map(datetime.fromisoformat, ends), default=None),
        message="; ".join(dict.fromkeys(filter(None, messages)))[:LONGEST_MESSAGE],
    )


def secret_names(objects: Iterable[Object]) -> set[str]:
    """The Secrets with the certificates that these objects use."""
    return {
        name
        for item in objects
        for name in (
            *(one.get("secretName", "") for one in item["spec"].get("tls") or ()),
            *(
                reference["name"]
                for listener in item["spec"].get("listeners") or ()
                for reference in (listener.get("tls") or {}).get("certificateRefs") or ()
            ),
            item["spec"].get("secretName", ""),
        )
        if name
    }


def _accepted(item: Object) -> Iterator[_Said]:
    status = item.get("status") or {}
    match item["kind"]:
        case "HTTPRoute":
            parents = status.get("parents") or ()
            if len(parents) < len(item["spec"].get("parentRefs") or ()):
                yield _Said(None, f"{_name(item)}: no Gateway has taken the route yet")
            yield from (_condition(item, parent, "Accepted") for parent in parents)
        case "ListenerSet":
            yield _condition(item, status, "Accepted")
            for listener in status.get("listeners") or ():
                yield _condition(item, listener, "Accepted", of=str(listener.get("name", "")))
        case "Ingress":
            has_address = bool((status.get("loadBalancer") or {}).get("ingress"))
            yield (
                _Said(True) if has_address else _Said(None, f"{_name(item)}: no controller has given it an address yet")
            )


def _resolved(item: Object) -> Iterator[_Said]:
    if item["kind"] == "HTTPRoute":
        for parent in (item.get("status") or {}).get("parents") or ():
            yield _condition(item, parent, "ResolvedRefs")


def _condition(item: Object, holder: dict[str, Any], kind: str, of: str = "") -> _Said:
    where = f"{_name(item)} {of}".rstrip()
    for one in holder.get("conditions") or ():
        if one.get("type") == kind:
            if one.get("observedGeneration", item["metadata"].get("generation")) != item["metadata"].get("generation"):
                break  # about an earlier content
            text = f"{where}: {one.get('reason', '')}: {one.get('message', '')}".removesuffix(": ")
            return _Said({"True": True, "False": False}.get(one["status"]), "" if one["status"] == "True" else text)
    return _Said(None, f"{where}: {kind} is not known yet")


def _all(said: list[_Said]) -> bool | None:
    values = [one.value for one in said]
    if not values:
        return None
    return False if False in values else None if None in values else True


def _name(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['name']}"
