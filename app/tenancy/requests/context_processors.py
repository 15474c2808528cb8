from __future__ import annotations

from django.http import HttpRequest

from app.tenancy.current import current_site_or_none
from app.tenancy.sites.themes import option_values
from app.tenancy.sites.values.shown import SiteSettings, settings_of

NO_SETTINGS = SiteSettings()


def site(request: HttpRequest) -> dict[str, object]:
    """`site`: the current one; `host_site`: the one of the address (they differ in a preview).

    `offers_admin`: whether links to the admin lead there on this host. `theme_options`: those of the site's theme.
    `site_settings`: what else the site's settings say, such as its tagline and its footer.
    """
    current = current_site_or_none()
    tenancy = getattr(request, "tenancy", None)  # absent when the host was refused
    return {
        "site": current,
        "theme_options": {} if current is None else option_values(current),
        "site_settings": NO_SETTINGS if current is None else settings_of(current),
        "host_site": tenancy and tenancy.host_site,
        "offers_admin": tenancy and tenancy.offers_admin,
    }
