"""The one place where a site is written: conflicts, plan, apply.

Admin form, commands, files, the demo and the first migration make specifications; this module compares them with
what is stored and writes the difference. Every caller holds `host_lock()` from the comparison to the write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import slugify

from app.tenancy.audit.record import Event, record_all
from app.tenancy.audit.verbs import Verb
from app.tenancy.directory import expire_on_change
from app.tenancy.sites.announcements import announce
from app.tenancy.sites.domains.claims import NO_EXCEPTIONS, Exceptions, HostClaim, batches, objections, waiting_hosts
from app.tenancy.sites.domains.pending import BATCH, pending_hosts, write_pending
from app.tenancy.sites.models import Alias, Epoch, SiteProfile
from app.tenancy.sites.specification import SiteSpecification, specification_of

MAX_SHOWN = 60
PROFILE_FIELDS = ("key", "theme", "state", "colour", "settings")


class Wanted(NamedTuple):
    """A site as it should be, and its stored row if there is one."""

    site: SiteSpecification
    profile: SiteProfile | None = None


class Conflict(NamedTuple):
    """A value that a site may not have. `field` is `key`, `domain` or `aliases`."""

    site: SiteSpecification
    field: str
    message: str


class Change(NamedTuple):
    """A stored site that differs. `differences` are lines for an operator."""

    profile: SiteProfile
    site: SiteSpecification
    differences: Sequence[str]


@dataclass
class Plan:
    """What has to be written."""

    added: list[SiteSpecification] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    managed_by: str = ""
    """Recorded for its sites; nothing keeps what is recorded."""


@contextmanager
def host_lock() -> Iterator[None]:
    """A transaction in which no other one can change sites, so that two cannot take the same host."""
    with transaction.atomic():
        list(Epoch.objects.select_for_update().filter(pk=1))
        yield


def write_site(
    site: SiteSpecification,
    profile: SiteProfile | None = None,
    *,
    site_id: int | None = None,
    exceptions: Exceptions = NO_EXCEPTIONS,
) -> Site:
    """Adds a site (with the id `site_id`), or changes the one of `profile`.

    Raises `ValidationError` with an `error_dict` that has every faulty field.
    """
    wanted = [Wanted(site, profile)]
    with host_lock():
        faults: dict[str, list[str]] = {}
        for conflict in conflicts(wanted, exceptions):
            faults.setdefault(conflict.field, []).append(conflict.message)
        if faults:
            raise ValidationError(faults)
        apply(plan(wanted), site_id=site_id, exceptions=exceptions)
    return Site.objects.select_related("profile").prefetch_related("aliases").get(domain=site.domain)


def conflicts(wanted: Sequence[Wanted], exceptions: Exceptions = NO_EXCEPTIONS) -> Iterator[Conflict]:
    """Keys and hosts that two of the wanted sites share, and what else they may not have."""
    pks = {profile.site_id for _, profile in wanted if profile is not None}
    keys = _stored_keys([site.key for site, _ in wanted], besides=pks)
    seen: dict[str, SiteSpecification] = {}
    seen_keys: set[str] = set()
    for site, _ in wanted:
        if site.key in keys:
            yield Conflict(site, "key", f"Duplicate key {site.key}: {keys[site.key]} has it.")
        elif site.key in seen_keys:
            yield Conflict(site, "key", f"Duplicate key {site.key}.")
        seen_keys.add(site.key)
        for part, host in (("domain", site.domain), *(("aliases", alias) for alias in site.aliases)):
            if host in seen:
                yield Conflict(site, part, f"Duplicate host {host}: {seen[host].key} has it too.")
            seen[host] = site
    for number, place, message in objections([claim_of(*pair) for pair in wanted], exceptions):
        yield Conflict(wanted[number].site, place, message)


def claim_of(site: SiteSpecification, profile: SiteProfile | None) -> HostClaim:
    """The hosts that a specification wants for a stored site, or for a new one."""
    if profile is None:
        return HostClaim(None, site.domain, tuple(site.aliases))
    stored = specification_of(profile)
    held = frozenset({stored.domain, *stored.aliases})
    return HostClaim(profile.site_id, site.domain, tuple(site.aliases), stored.domain, held)


def free_key(domain: str) -> str:
    """A key made from a domain that no site has yet."""
    base = slugify(domain.replace(".", "-").replace("_", "-"))[:50].strip("-") or "site"
    taken = set(SiteProfile.objects.filter(key__startswith=base).values_list("key", flat=True))
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    return key


def plan(wanted: Iterable[Wanted], *, managed_by: str = "") -> Plan:
    result = Plan(managed_by=managed_by)
    for site, profile in wanted:
        if profile is None:
            result.added.append(site)
            continue
        differences = _differences(specification_of(profile), site)
        if managed_by not in {"", profile.managed_by}:
            is_back = profile.managed_by == SiteProfile.Manager.UNDECLARED
            differences.append("declared again" if is_back else "adopted")
        if differences:
            result.changed.append(Change(profile, site, differences))
        else:
            result.unchanged += 1
    return result


def apply(plan: Plan, *, site_id: int | None = None, exceptions: Exceptions = NO_EXCEPTIONS) -> None:
    """Writes a plan without conflicts. `site_id` is the id of a single new site, the one of a new installation."""
    pending = pending_hosts()
    before = [(profile, specification_of(profile)) for profile, _, _ in plan.changed]
    waiting = {
        profile.site_id: waiting_hosts(claim_of(site, profile), pending, exceptions)
        for profile, site, _ in plan.changed
    }
    _release_hosts(plan.changed)
    rows = [Site(pk=site_id, domain=site.domain, name=site.name) for site in plan.added]
    manager = plan.managed_by or SiteProfile.Manager.ADMIN
    profiles = [SiteProfile(site=row, managed_by=manager) for row in Site.objects.bulk_create(rows, BATCH)]
    for profile, site in zip(profiles, plan.added, strict=True):
        _fill(profile, site)
    SiteProfile.objects.bulk_create(profiles, BATCH)
    for profile, site, _ in plan.changed:
        profile.site.domain, profile.site.name = site.domain, site.name
        profile.managed_by = plan.managed_by or profile.managed_by
        _fill(profile, site)
    changed = [change.profile for change in plan.changed]
    Site.objects.bulk_update([profile.site for profile in changed], ["domain", "name"], BATCH)
    SiteProfile.objects.bulk_update(changed, [*PROFILE_FIELDS, "managed_by"], BATCH)
    _write_aliases([*zip(profiles, plan.added, strict=True), *((profile, site) for profile, site, _ in plan.changed)])
    for profile, site in zip(profiles, plan.added, strict=True):
        waiting[profile.site_id] = waiting_hosts(claim_of(site, None), pending, exceptions)
    write_pending(waiting, instead_of=pending)
    if site_id is None:
        record_all(_events(profiles, plan.changed))
    expire_on_change()  # bulk writes send no signals
    announce(profiles, before)


def _events(added: Sequence[SiteProfile], changed: Sequence[Change]) -> Iterator[Event]:
    for profile in added:
        yield Event(Verb.SITE_ADDED, profile.site_id, profile.site, profile.site.domain)
    for profile, site, differences in changed:
        names = {line.partition(":")[0] for line in differences}
        is_state = "state" in names or "archived" in names
        verb = Verb.SITE_STATE_CHANGED if is_state else Verb.SITE_RENAMED if "domain" in names else Verb.SITE_CHANGED
        yield Event(verb, profile.site_id, profile.site, site.domain, {"changes": differences})


def _stored_keys(keys: Sequence[str], *, besides: set[int]) -> dict[str, str]:
    return {
        profile.key: profile.site.domain
        for batch in batches(set(keys))
        for profile in SiteProfile.objects.filter(key__in=batch).exclude(site__in=besides).select_related("site")
    }


def _differences(stored: SiteSpecification, site: SiteSpecification) -> list[str]:
    lines = [
        f"{name}: {old or '-'} → {new or '-'}"
        for name in ("key", "domain", "name", "state", "theme", "colour")
        if (old := getattr(stored, name)) != (new := getattr(site, name))
    ]
    if stored.domain not in {site.domain, *site.aliases}:
        lines.append(f"{stored.domain} no longer leads here")
    lines += _differences_of_settings(stored.settings, site.settings)
    lines += [f"alias + {host}" for host in site.aliases if host not in stored.aliases]
    lines += [f"alias - {host}" for host in stored.aliases if host not in site.aliases]
    lines += [f"alias ~ {host}" for host, old in stored.aliases.items() if site.aliases.get(host, old) != old]
    return lines


def _differences_of_settings(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Short texts with both values; of others, the name."""
    for name in sorted({*stored, *wanted}):
        old, new = stored.get(name), wanted.get(name)
        if old != new:
            is_short = all(
                value is None or (isinstance(value, str) and len(value) <= MAX_SHOWN) for value in (old, new)
            )
            yield f"settings.{name}: {old or '-'} → {new or '-'}" if is_short else f"settings.{name}"


def _release_hosts(changes: Sequence[Change]) -> None:
    """First everything that is given up, so that two sites may exchange a host."""
    dropped = [
        alias.pk
        for profile, site, _ in changes
        for alias in profile.site.aliases.all()
        if alias.host not in site.aliases
    ]
    moving = [profile.site_id for profile, site, _ in changes if profile.site.domain != site.domain]
    for batch in batches(dropped):
        Alias.objects.filter(pk__in=batch).delete()
    for batch in batches(moving):
        placeholder = Concat(Value("moving-"), Cast(F("pk"), CharField()), Value(".invalid"))
        Site.objects.filter(pk__in=batch).update(domain=placeholder)


def _fill(profile: SiteProfile, site: SiteSpecification) -> None:
    for name in PROFILE_FIELDS:
        setattr(profile, name, getattr(site, name))
    profile.settings = dict(site.settings)


def _write_aliases(written: Sequence[tuple[SiteProfile, SiteSpecification]]) -> None:
    Alias.objects.bulk_create(
        [
            Alias(site_id=profile.site_id, host=host, redirect=redirects)
            for profile, site in written
            for host, redirects in site.aliases.items()
        ],
        BATCH,
        update_conflicts=True,
        unique_fields=["host"],
        update_fields=["redirect"],
    )
