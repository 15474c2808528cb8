"""A pending host is proved, and served from then on."""

from __future__ import annotations

from django.contrib.sites.models import Site

from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb
from app.tenancy.directory import expire_on_change
from app.tenancy.sites.domains.claims import host_owners
from app.tenancy.sites.domains.pending import pending_of, serve, site_of_pending
from app.tenancy.sites.domains.proof import prove, proved_with
from app.tenancy.sites.write import host_lock


def verify(host: str, *, without_proof: bool = False) -> list[str]:
    """Looks the proof up and serves the host, and the site's pending hosts below it. Returns what is served now.

    Nothing if the host was not pending. Raises `NotProved`, `DnsFault`, and `LookupError` if no site has the host.
    Not in a transaction: DNS may take seconds.
    """
    site_id = site_of_pending(host)
    if site_id is None:
        if not host_owners([host], besides=set()):
            raise LookupError(host)
        return []
    if not without_proof:
        prove(site_id, host)
    with host_lock():
        served = serve(site_id, [host] if without_proof else proved_with(host, pending_of(site_id)))
        if served:
            how = "without proof" if without_proof else "by its TXT record"
            details = {"changes": [f"{name} verified {how}" for name in served]}
            record(Verb.SITE_CHANGED, target=Site.objects.get(pk=site_id), site_id=site_id, details=details)
        expire_on_change()
    return served
