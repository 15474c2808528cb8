"""The sites of the database, as far as routes need them. Without a query per site."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Exists, OuterRef

from app.routes.template import RoutedSite
from app.tenancy.models import Alias, PendingHost, SiteProfile

LOCAL = "localhost"


def routed_sites(*, wildcards: bool) -> dict[str, RoutedSite]:
    """Key → site, in every state: visitors of a suspended or an archived site get its page, 503 or 410.

    A host that is not proved yet has no route; nor has a wildcard that no certificate can be made for. `localhost` has
    none: nobody reaches a cluster by it, no authority certifies it, and every new installation has a site of that name.
    """
    # Each host and whether it is pending are read by one statement: between two, a host could be added or removed.
    aliases: dict[int, list[str]] = defaultdict(list)
    for site_id, host in Alias.objects.filter(~_is_pending("host")).order_by("pk").values_list("site_id", "host"):
        aliases[site_id].append(host)
    profiles = SiteProfile.objects.order_by("site_id").annotate(is_pending=_is_pending("site__domain"))
    found: dict[str, RoutedSite] = {}
    for site_id, key, domain, manager, is_pending in profiles.values_list(
        "site_id", "key", "site__domain", "managed_by", "is_pending"
    ):
        served = [*(() if is_pending else (domain,)), *aliases[site_id]]
        left_out = tuple(host for host in served if host.startswith("*.") and not wildcards)
        hosts = tuple(host for host in served if host not in {*left_out, LOCAL})
        found[key] = RoutedSite(site_id, key, hosts, left_out, manager == SiteProfile.Manager.FILE)
    return found


def _is_pending(host: str) -> Exists:
    return Exists(PendingHost.objects.filter(host=OuterRef(host)))
