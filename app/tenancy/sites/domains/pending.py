"""Hosts that belong to a site and are not served yet, because control of them is not proved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.conf import settings

from app.tenancy.sites.domains.rules import is_covered
from app.tenancy.sites.models import PendingHost

BATCH = 1000  # SQLite limits the number of values in one statement


class PendingHosts(frozenset[str]):
    """The hosts of all sites that wait for their proof."""

    def must_prove(self, host: str, held: Collection[str]) -> bool:
        """Whether a host that is new to a site needs a proof: not below one that the site has and that is served."""
        if not settings.DOMAIN_PROOF or host in {"localhost", settings.SITE_DOMAIN}:
            return False
        return not any(is_covered(host, by) for by in held if by not in self)


def pending_hosts() -> PendingHosts:
    return PendingHosts(PendingHost.objects.values_list("host", flat=True))


def write_pending(waiting: Mapping[int, Collection[str]], *, instead_of: PendingHosts) -> None:
    """Stores which hosts of these sites are pending now. Site id → hosts."""
    if not instead_of and not any(waiting.values()):
        return  # nearly always
    ids = list(waiting)
    for start in range(0, len(ids), BATCH):
        PendingHost.objects.filter(site_id__in=ids[start : start + BATCH]).delete()
    for site_id, hosts in waiting.items():
        add_pending(site_id, hosts)


def add_pending(site_id: int, hosts: Iterable[str]) -> None:
    """Stores that these hosts of a site are pending."""
    PendingHost.objects.bulk_create(
        [PendingHost(site_id=site_id, host=host) for host in hosts],
        BATCH,
        update_conflicts=True,
        unique_fields=["host"],
        update_fields=["site_id"],
    )


def pending_of(site_id: int) -> list[str]:
    return sorted(PendingHost.objects.filter(site_id=site_id).values_list("host", flat=True))


def site_of_pending(host: str) -> int | None:
    """The id of the site that has the host, if it is pending."""
    return PendingHost.objects.filter(host=host).values_list("site_id", flat=True).first()


def serve(site_id: int, hosts: Iterable[str]) -> list[str]:
    """Ends the waiting of a site's hosts. Returns those that did wait."""
    found = [host for host in pending_of(site_id) if host in set(hosts)]
    PendingHost.objects.filter(site_id=site_id, host__in=found).delete()
    return found
