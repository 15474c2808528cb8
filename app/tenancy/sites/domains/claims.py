"""May a site have a host? The one place of every rule beside spelling, for all ways to write a site.

A rule is applied to hosts that are new to the site: what it has already may stay, whatever rules came later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeVar

from django.contrib.sites.models import Site
from django.db.models import CharField, Func, Value
from django.db.models.functions import Lower

from app.tenancy.sites.domains.pending import BATCH, PendingHosts, pending_hosts
from app.tenancy.sites.domains.quarantine import Quarantine, quarantine
from app.tenancy.sites.domains.rules import impossible, reserved, twin
from app.tenancy.sites.models import Alias

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Rules that an operator sets aside for one change."""

    reserved: bool = False
    twin: bool = False
    quarantine: bool = False
    proof: bool = False

    def __or__(self, other: Exceptions) -> Exceptions:
        return Exceptions(*(getattr(self, name) or getattr(other, name) for name in self.__slots__))


NO_EXCEPTIONS = Exceptions()
#: The author of the file of declared sites configures the platform as well.
DECLARED = Exceptions(reserved=True, proof=True)


@dataclass(frozen=True, slots=True)
class HostClaim:
    """The hosts that a site wants, and those that it has. `site_id` is None for a new site."""

    site_id: int | None
    domain: str
    aliases: Collection[str] = ()
    held_domain: str = ""
    held: Collection[str] = field(default_factory=frozenset)
    """The domain that it has, and its aliases."""

    def hosts(self) -> list[tuple[str, str]]:
        """The field of a form, and the host."""
        return [*([("domain", self.domain)] if self.domain else []), *(("aliases", alias) for alias in self.aliases)]


class Objection(NamedTuple):
    """A host that a site may not have: of the claim with this number. `field` is `domain` or `aliases`."""

    number: int
    field: str
    message: str


def objections(claims: Sequence[HostClaim], exceptions: Exceptions = NO_EXCEPTIONS) -> Iterator[Objection]:
    """What prevents the claims. A host that another one of them gives up is free."""
    among = {claim.site_id for claim in claims if claim.site_id is not None}
    wanted = {host for claim in claims for _, host in claim.hosts()}
    owners = host_owners({*wanted, *map(twin, wanted)}, besides=among)
    blocked = Quarantine(()) if exceptions.quarantine else quarantine()
    pending = pending_hosts()
    for number, claim in enumerate(claims):
        for place, host in claim.hosts():
            if host in owners:
                yield Objection(number, place, f"{host} is already {owners[host]}.")
            elif host not in claim.held:
                message = _objection(host, claim, exceptions, owners, blocked)
                if message:
                    yield Objection(number, place, message)
        if _would_be_unreachable(claim, exceptions, pending):
            yield Objection(
                number,
                "domain",
                f"{claim.domain} is not verified, so the site would be served under no domain. Add it as an alias, "
                "verify it, and then make it the domain; an operator can use it as it is (--without-proof).",
            )


def held_hosts(site_id: int | None) -> tuple[str, frozenset[str]]:
    """The stored domain of a site, and all of its hosts; empty for a new site."""
    domain = Site.objects.filter(pk=site_id or 0).values_list("domain", flat=True).first() or ""
    aliases = Alias.objects.filter(site=site_id or 0).values_list("host", flat=True)
    return domain, frozenset({domain, *aliases} - {""})


def waiting_hosts(claim: HostClaim, pending: PendingHosts, exceptions: Exceptions = NO_EXCEPTIONS) -> set[str]:
    """The hosts of a claim that are not served before they are proved: those that waited already, and new ones."""
    hosts = {host for _, host in claim.hosts()}
    new = set() if exceptions.proof else {host for host in hosts if pending.must_prove(host, claim.held)}
    return (hosts & pending & set(claim.held)) | (new - set(claim.held))


def host_owners(hosts: Iterable[str], *, besides: set[int]) -> dict[str, str]:
    """Host → a phrase that names the site which has it, other than the sites `besides`."""
    owners: dict[str, str] = {}
    sites = Site.objects.annotate(spelling=_spelling("domain")).exclude(pk__in=besides)
    aliases = Alias.objects.annotate(spelling=_spelling("host")).exclude(site__in=besides).select_related("site")
    for batch in batches(set(hosts) - {""}):
        for site in sites.filter(spelling__in=batch):
            owners[site.spelling] = f"the domain of {site.name}"
        for alias in aliases.filter(spelling__in=batch):
            owners[alias.spelling] = f"an alias of {alias.site.name} ({alias.site.domain})"
    return owners


def _spelling(column: str) -> Func:
    """A stored host as `app.tenancy.sites.domains.triggers` indexes it; older rows may have any spelling."""
    return Func(Lower(column), Value("."), function="rtrim", output_field=CharField())


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _objection(host: str, claim: HostClaim, exceptions: Exceptions, owners: dict[str, str], blocked: Quarantine) -> str:
    """The first rule that a new host breaks, or nothing."""
    if reason := impossible(host):
        return reason
    if not exceptions.reserved and (reason := reserved(host, claim.held)):
        return f"{reason} An operator can use it (--allow-reserved)."
    if not exceptions.twin and twin(host) in owners:
        return (
            f"{host} belongs with {twin(host)}, which is {owners[twin(host)]}. "
            "An operator can give it to another site (--allow-reserved)."
        )
    if entry := blocked.blocks(host, claim.site_id):
        same = "It" if entry.host == host else entry.host
        return (
            f"{host} is in quarantine until {entry.until.date()}. {same} belonged to {entry.site}, and "
            "DNS may still lead its visitors here. An operator can use it earlier (--from-quarantine)."
        )
    return ""


def _would_be_unreachable(claim: HostClaim, exceptions: Exceptions, pending: PendingHosts) -> bool:
    """Whether the claim replaces a domain that is served by one that is not."""
    is_served = claim.held_domain != "" and claim.held_domain not in pending
    if exceptions.proof or not is_served or claim.domain in {"", claim.held_domain}:
        return False
    return claim.domain in pending or pending.must_prove(claim.domain, claim.held)
