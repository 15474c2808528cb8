"""The one way to write the audit list. Callers pass no secret: details hold names of fields, roles and methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from app.accounts.models import User
from app.observability.context import current_request
from app.observability.redact import redactor
from app.observability.text import escaped
from app.tenancy.audit.command import current_command
from app.tenancy.audit.models import LONGEST_NAME, LONGEST_TEXT, AuditEntry
from app.tenancy.current import current_site_or_none

Details = Mapping[str, str | int | Sequence[str]]
WINDOW = timedelta(hours=1)
LONGEST_LIST = 20
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One entry to write. `site` is None for the platform. Without `target_name` it is the target's text."""

    verb: str
    site: int | None
    target: models.Model | None = None
    target_name: str | None = None
    details: Details | None = None


def record(
    verb: str,
    *,
    target: models.Model | None = None,
    target_name: str | None = None,
    details: Details | None = None,
    actor: User | None = None,
    site_id: int | None = None,
    on_platform: bool = False,
) -> None:
    """Adds an entry to the list of the current site, or to that of the platform where no site is current.

    `site_id` names another site; `on_platform` keeps the entry from every site's list. Who did it, and from which
    address, are those of the current request; `actor` is for a person whom the request does not know yet. `verb`
    is one of `Verb`, or a code of 40 characters at most. The entry belongs to the transaction of the caller.
    """
    here = current_site_or_none()
    site = None if on_platform else site_id or (here.id if here else None)
    record_all([Event(verb, site, target, target_name, details)], actor=actor)


def record_all(events: Iterable[Event], *, actor: User | None = None) -> None:
    """As `record`, for many entries of one person."""
    who = _who(actor)
    # all_sites: an entry may belong to no site, or to one that is not the current one.
    AuditEntry.all_sites.bulk_create([AuditEntry(**who, **_what(event)) for event in events], BATCH)


def record_repeated(verb: str, *, account: str = "") -> None:
    """Counts an event that anybody can cause any number of times: one entry per site and hour.

    The entry lists the first addresses and accounts. Does nothing where no site is current.
    """
    if current_site_or_none() is None:
        return
    now = timezone.now()
    who = {name: value for name, value in _who(None).items() if name in {"address", "agent"}}
    window = int(now.timestamp() // WINDOW.total_seconds())
    with transaction.atomic():
        entry, is_first = AuditEntry.objects.select_for_update().get_or_create(
            verb=verb, window=window, defaults={"time": now, **who}
        )
        lists = {"addresses": who.get("address") or "", "accounts": account}
        for name, value in lists.items():
            known = entry.details.get(name, [])
            if value and value not in known and len(known) < LONGEST_LIST:
                entry.details[name] = [*known, _fit(value, LONGEST_NAME)]
        entry.count += not is_first
        entry.save(update_fields={"count", "details"})


def acting_person() -> tuple[int | None, str]:
    """The id of the person of the current request, and the name that others know; without a request, the name of the
    command that runs. Entries of the audit list have the user name, which is unique."""
    observed = current_request.get()
    if observed is None:
        return None, current_command.get()
    person = getattr(observed.request, "user", None)
    return (person.pk, person.shown_name[:LONGEST_NAME]) if isinstance(person, User) else (None, "")


def client_address(request: HttpRequest) -> str | None:
    """The address of the client, as far as trusted proxies know it; None if it is not an address."""
    # HostMiddleware leaves the header only if a trusted proxy sent it, with one value.
    given = request.META.get("HTTP_X_FORWARDED_FOR") or request.META.get("REMOTE_ADDR", "")
    with suppress(ValueError):
        return ip_address(given.strip()).compressed.partition("%")[0]
    return None


def _who(actor: User | None) -> dict[str, Any]:
    observed = current_request.get()
    if observed is None:
        return {"actor_id": actor and actor.pk, "actor": actor.username if actor else current_command.get()}
    request = observed.request
    user = actor or getattr(request, "user", None)
    person = user if isinstance(user, User) else None
    return {
        "actor_id": person and person.pk,
        "actor": person.username if person else "",
        "address": client_address(request),
        "agent": escaped(request.headers.get("User-Agent", ""), LONGEST_TEXT - 1)[:LONGEST_TEXT],
    }


def _what(event: Event) -> dict[str, Any]:
    target, name = event.target, event.target_name
    if name is None:
        name = "" if target is None else str(target)
    details = {key: _small(value) for key, value in (event.details or {}).items()}
    return {
        "site_id": event.site,
        "verb": event.verb,
        "target_type": target._meta.label_lower if target is not None else "",
        "target_id": str(target.pk or "")[:100] if target is not None else "",
        "target": _fit(name, LONGEST_TEXT),
        "details": details,
    }


def _small(value: str | int | Sequence[str]) -> object:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return _fit(value, LONGEST_TEXT)
    return [_fit(item, LONGEST_TEXT) for item in value[:LONGEST_LIST]]


def _fit(text: str, longest: int) -> str:
    # PostgreSQL stores no null characters.
    return redactor.clean_known(str(text).replace("\0", ""))[:longest]
