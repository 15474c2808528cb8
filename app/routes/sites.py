"""The sites of the database, as far as routes need them. Without a query per site."""

from __future__ import annotations

from collections import defaultdict

from app.routes.template import RoutedSite
from app.tenancy.models import Alias, PendingHost, SiteProfile


def routed_sites(*, wildcards: bool) -> dict[str, RoutedSite]:
    """Key → site, in every state: visitors of a suspended or an archived site get its page, 503 or 410.

    A host that is not proved yet has no route; nor has a wildcard that no certificate can be made for.
    """
    pending = set(PendingHost.objects.values_list("host", flat=True))
    aliases: dict[int, list[str]] = defaultdict(list)
    for site_id, host in Alias.objects.order_by("pk").values_list("site_id", "host"):
        aliases[site_id].append(host)
    found: dict[str, RoutedSite] = {}
    for site_id, key, domain in SiteProfile.objects.order_by("site_id").values_list("site_id", "key", "site__domain"):
        served = [host for host in (domain, *aliases[site_id]) if host not in pending]
        left_out = tuple(host for host in served if host.startswith("*.") and not wildcards)
        found[key] = RoutedSite(site_id, key, tuple(host for host in served if host not in left_out), left_out)
    return found
