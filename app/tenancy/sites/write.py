"""Declared sites become rows: planned against what is there, then written in one transaction.

Only rows that are managed by the file are touched; a site that is declared no more is archived, never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import transaction

from app.tenancy.directory import ARCHIVED
from app.tenancy.models import Alias, SiteProfile
from app.tenancy.sites import validation as hosts
from app.tenancy.sites.declarations import DeclaredSite, InvalidDeclaration

FILE = SiteProfile.Manager.FILE


@dataclass
class Plan:
    """What a file would change."""

    added: list[DeclaredSite] = field(default_factory=list)
    changed: list[tuple[SiteProfile, DeclaredSite, list[str]]] = field(default_factory=list)
    pruned: list[SiteProfile] = field(default_factory=list)
    undeclared: list[SiteProfile] = field(default_factory=list)
    unchanged: int = 0

    def lines(self) -> list[str]:
        """The plan, a line a site, as a diff is read."""
        return [
            *(f"+ {site.key}  {site.domain}" for site in self.added),
            *(f"~ {site.key}  {'; '.join(changes)}" for _, site, changes in self.changed),
            *(f"- {profile.key}  {profile.site.domain} (archived)" for profile in self.pruned),
            *(f"? {profile.key}  {profile.site.domain} (declared no more; kept without --prune)"
              for profile in self.undeclared),
        ]  # fmt: skip


@transaction.atomic
def sync(
    declared: list[DeclaredSite], *, prune: bool = False, max_prune: int | None = None, adopt: bool = False,
    dry_run: bool = False,
) -> Plan:  # fmt: skip
    """Makes the rows what the file says; the plan that was carried out. Raises `InvalidDeclaration`, with nothing
    changed. `max_prune` defaults to a tenth of the managed sites (one at least), and never to all of them."""
    hosts.lock()
    profiles = {p.key: p for p in SiteProfile.objects.select_related("site").prefetch_related("site__aliases")}
    mine = _take_over_first(declared, profiles)
    _refuse_conflicts(declared, profiles, adopt, mine)
    plan = _plan(declared, profiles, prune)
    _refuse_mass_prune(plan, profiles.values(), max_prune)
    if not dry_run:
        _write(plan)
    return plan


def _take_over_first(declared: list[DeclaredSite], profiles: dict[str, SiteProfile]) -> str | None:
    """A file that declares the domain of the site that the first migration made means that very site: it gets the
    file's key, without --adopt, unless a file has it already. The key, if so."""
    first = f"site-{settings.DEFAULT_SITE_ID}"
    profile = profiles.get(first)
    if profile is None or profile.managed_by == FILE:
        return None
    for site in declared:
        if site.domain == profile.site.domain and site.key not in profiles:
            profiles[site.key] = profiles.pop(first)
            return site.key
    return None


def _refuse_conflicts(
    declared: list[DeclaredSite], profiles: Mapping[str, SiteProfile], adopt: bool, mine: str | None
) -> None:
    problems = []
    keys = {site.key for site in declared}
    if not adopt:
        problems = [
            f"{key} exists and was not made by a file; declare another key, or take it over with --adopt"
            for key in sorted(keys & profiles.keys())
            if profiles[key].managed_by != FILE and key != mine
        ]
    # Every declared row gets all its hosts anew, so only the hosts of the other sites can be in the way.
    taken: dict[str, str] = {}
    for key, profile in profiles.items():
        if key not in keys:
            for host in (profile.site.domain, *(alias.host for alias in profile.site.aliases.all())):
                taken[host] = key
    for site in declared:
        problems += [
            f"sites.{site.key}: {host} is taken by the site {taken[host]}"
            for host in (site.domain, *site.aliases)
            if host in taken
        ]
    if problems:
        raise InvalidDeclaration(problems)


def _plan(declared: list[DeclaredSite], profiles: Mapping[str, SiteProfile], prune: bool) -> Plan:
    plan = Plan()
    for site in declared:
        profile = profiles.get(site.key)
        if profile is None:
            plan.added.append(site)
            continue
        changes = _changes(profile, site)
        if changes:
            plan.changed.append((profile, site, changes))
        else:
            plan.unchanged += 1
    keys = {site.key for site in declared}
    gone = [p for p in profiles.values() if p.managed_by == FILE and p.key not in keys and p.state != ARCHIVED]
    if prune:
        plan.pruned = gone
    else:
        plan.undeclared = gone
    return plan


def _changes(profile: SiteProfile, site: DeclaredSite) -> list[str]:
    changes = [
        f"{name}: {old or '-'} → {new or '-'}"
        for name, old, new in (
            ("domain", profile.site.domain, site.domain),
            ("name", profile.site.name, site.name),
            ("state", profile.state, site.state),
            ("theme", profile.theme, site.theme),
            ("colour", profile.colour, site.colour),
        )
        if old != new
    ]
    if profile.settings != dict(site.settings):
        changes.append("settings")
    there = {alias.host: alias.redirect for alias in profile.site.aliases.all()}
    changes += [f"alias + {host}" for host in site.aliases if host not in there]
    changes += [f"alias - {host}" for host in there if host not in site.aliases]
    changes += [f"alias ~ {host}" for host in there if host in site.aliases and site.aliases[host] != there[host]]
    if profile.managed_by != FILE:
        changes.append("adopted")
    return changes


def _refuse_mass_prune(plan: Plan, profiles: Iterable[SiteProfile], max_prune: int | None) -> None:
    managed = sum(p.managed_by == FILE and p.state != ARCHIVED for p in profiles)
    count = len(plan.pruned)
    if not count:
        return
    limit = max_prune if max_prune is not None else min(max(1, managed // 10), managed - 1)
    if count > limit:
        raise InvalidDeclaration([
            f"this file would archive {count} of {managed} managed sites, more than {limit}; "
            f"if that is meant, say --max-prune={count}"
        ])  # fmt: skip


def _write(plan: Plan) -> None:
    # First everything that is given up, so that two sites may exchange a host.
    for profile, site, _ in plan.changed:
        Alias.objects.filter(site=profile.site).exclude(host__in=list(site.aliases)).delete()
        if profile.site.domain != site.domain:
            Site.objects.filter(pk=profile.site.pk).update(domain=f"moving-{profile.site.pk}.invalid")
    for profile, site, _ in plan.changed:
        profile.site.domain, profile.site.name = site.domain, site.name
        profile.site.save()
        _fill(profile, site)
    for site in plan.added:
        row = Site.objects.create(domain=site.domain, name=site.name)
        _fill(SiteProfile.objects.get(site=row), site)
    for profile in plan.pruned:
        profile.state = ARCHIVED
        profile.save()


def _fill(profile: SiteProfile, site: DeclaredSite) -> None:
    facts: dict[str, Any] = {
        "key": site.key, "state": site.state, "theme": site.theme, "colour": site.colour,
        "settings": dict(site.settings), "managed_by": FILE,
    }  # fmt: skip
    for name, value in facts.items():
        setattr(profile, name, value)
    profile.save()
    for host, redirect in site.aliases.items():
        Alias.objects.update_or_create(site=profile.site, host=host, defaults={"redirect": redirect})
