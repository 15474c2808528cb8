from __future__ import annotations

from django.http import HttpRequest

from app.tenancy.current import current_site_or_none
from app.tenancy.sites.themes import option_values


def site(request: HttpRequest) -> dict[str, object]:
    """`site`: the current one; `host_site`: the one of the address (they differ in a preview).

    `offers_admin`: whether links to the admin lead there on this host. `theme_options`: those of the site's theme.
    """
    current = current_site_or_none()
    tenancy = getattr(request, "tenancy", None)  # absent when the host was refused
    return {
        "site": current,
        "theme_options": {} if current is None else option_values(current),
        "host_site": tenancy and tenancy.host_site,
        "offers_admin": tenancy and tenancy.offers_admin,
    }
