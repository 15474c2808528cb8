"""The sites of a file become rows: paired with what is stored, planned, written in one transaction.

Only sites that are managed by a file are changed; one that is no longer declared is archived, never deleted.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from app.tenancy.hosts.snapshot import ARCHIVED
from app.tenancy.sites.declarations import Declarations, InvalidDeclaration
from app.tenancy.sites.domains.claims import DECLARED, Exceptions
from app.tenancy.sites.models import SiteProfile
from app.tenancy.sites.specification import SiteSpecification, specification_of
from app.tenancy.sites.values.shown import OWN_SETTINGS
from app.tenancy.sites.write import Change, Plan, Wanted, apply, conflicts, host_lock, plan

FILE = SiteProfile.Manager.FILE
MANAGED = {FILE, SiteProfile.Manager.UNDECLARED}


@dataclass
class SyncPlan:
    """What a file would change. `undeclared` sites are managed but no longer declared, and stay without `prune`."""

    written: Plan
    pruned: list[Change] = field(default_factory=list)
    undeclared: list[SiteProfile] = field(default_factory=list)

    def lines(self) -> list[str]:
        """A line for each site that differs, as in a diff."""
        return [
            *(f"+ {site.key}  {site.domain}" for site in self.written.added),
            *(f"~ {change.site.key}  {'; '.join(change.differences)}" for change in self.written.changed),
            *(f"- {change.site.key}  {change.site.domain} (archived)" for change in self.pruned),
            *(f"? {p.key}  {p.site.domain} (no longer declared; --prune archives it)" for p in self.undeclared),
        ]

    def summary(self) -> str:
        counts = {
            "added": len(self.written.added),
            "changed": len(self.written.changed),
            "archived": len(self.pruned),
            "no longer declared": len(self.undeclared),
            "unchanged": self.written.unchanged,
        }
        return f"Sites: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}."

    def as_dict(self) -> dict[str, Any]:
        """For `--json`: keys of sites, and the differences of those that change."""
        return {
            "added": [site.key for site in self.written.added],
            "changed": {change.site.key: list(change.differences) for change in self.written.changed},
            "archived": [change.site.key for change in self.pruned],
            "undeclared": [profile.key for profile in self.undeclared],
            "unchanged": self.written.unchanged,
        }


def sync(
    declared: Declarations,
    *,
    prune: bool = False,
    max_prune: int | None = None,
    adopt: bool = False,
    keep_hosts: bool = False,
    dry_run: bool = False,
    exceptions: Exceptions = DECLARED,
) -> SyncPlan:
    """Makes the rows equal to the file and returns the plan that was applied. `OWN_SETTINGS` stay as they are where
    the file does not name them.

    Raises `InvalidDeclaration` with every problem, and changes nothing then. `max_prune` defaults to a tenth of
    the managed sites (at least one), and never allows all of them. With `keep_hosts` the hosts of a site that the
    file no longer names, such as its old domain, stay as aliases that redirect.
    """
    with host_lock():
        profiles = {p.key: p for p in SiteProfile.objects.select_related("site").prefetch_related("site__aliases")}
        wanted, problems = _pair(declared, profiles, adopt)
        if keep_hosts:
            wanted = _with_stored_hosts(wanted)
        problems += [f"sites.{site.key}.{part}: {message}" for site, part, message in conflicts(wanted, exceptions)]
        if declared.problems or problems:
            raise InvalidDeclaration([*declared.problems, *problems])
        result = SyncPlan(plan(wanted, managed_by=FILE))
        managed = [p for p in profiles.values() if p.managed_by in MANAGED and p.state != ARCHIVED]
        paired = {profile.pk for _, profile in wanted if profile is not None}
        undeclared = [profile for profile in managed if profile.pk not in paired]
        if prune:
            result.pruned = [_archive(profile) for profile in undeclared]
            _refuse_mass_prune(len(undeclared), len(managed), max_prune)
        else:
            result.undeclared = undeclared
        if not dry_run:
            apply(result.written, exceptions=exceptions)
            apply(Plan(changed=result.pruned))
            left = [profile.pk for profile in result.undeclared if profile.managed_by == FILE]
            if left:
                SiteProfile.objects.filter(pk__in=left).update(managed_by=SiteProfile.Manager.UNDECLARED)
    return result


def _pair(declared: Declarations, profiles: dict[str, SiteProfile], adopt: bool) -> tuple[list[Wanted], list[str]]:
    """Each declared site with its row, found by key; and the keys that belong to sites which no file manages."""
    wanted: list[Wanted] = []
    problems: list[str] = []
    first = profiles.get(f"site-{settings.DEFAULT_SITE_ID}")
    if first is not None and first.managed_by in MANAGED:
        first = None
    for site in declared.sites:
        profile = profiles.get(site.key)
        if profile is None and first is not None and first.site.domain == site.domain:
            # The site of the first migration, declared by its domain: it gets the file's key, without --adopt.
            profile = first
        elif profile is not None and profile.managed_by not in MANAGED and not adopt:
            problems.append(f"sites.{site.key}: exists and is not managed by a file; use another key, or --adopt")
        named = declared.named_settings[site.key]
        wanted.append(Wanted(_with_own_settings(site, named, profile), profile))
    return wanted, problems


def _with_own_settings(
    site: SiteSpecification, named: Container[str], profile: SiteProfile | None
) -> SiteSpecification:
    """The site with those settings that its own admins have made and the file does not name."""
    stored = profile.settings if profile is not None and isinstance(profile.settings, dict) else {}
    kept = {name: stored[name] for name in OWN_SETTINGS if name in stored and name not in named}
    return replace(site, settings={**kept, **site.settings})


def _with_stored_hosts(wanted: Sequence[Wanted]) -> list[Wanted]:
    """The sites with the hosts that they have now and no site wants, as aliases that redirect."""
    named = {host for site, _ in wanted for host in (site.domain, *site.aliases)}
    result: list[Wanted] = []
    for site, profile in wanted:
        stored = SiteSpecification() if profile is None else specification_of(profile)
        kept = {host: True for host in (stored.domain, *stored.aliases) if host and host not in named}
        result.append(Wanted(replace(site, aliases={**site.aliases, **kept}), profile))
    return result


def _archive(profile: SiteProfile) -> Change:
    return Change(profile, replace(specification_of(profile), state=ARCHIVED), ["archived"])


def _refuse_mass_prune(count: int, managed: int, max_prune: int | None) -> None:
    limit = max_prune if max_prune is not None else min(max(1, managed // 10), managed - 1)
    if count and count > limit:
        excess = f"this file would archive {count} of {managed} managed sites, more than {limit}"
        raise InvalidDeclaration([f"{excess}; if that is intended, use --max-prune={count}"])
