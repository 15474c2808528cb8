"""What visitors get instead of the site, on the front page of the admin, and who can change that."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from app.tenancy.current import current_site
from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import ACTIVE


def site_state(request: HttpRequest) -> SafeString:
    """Empty for a site that visitors see."""
    site = current_site()
    is_served = site.domain in directory.snapshot().canonical
    if site.state == ACTIVE and is_served:
        return SafeString("")
    # Only superusers change the state and the domain of a site.
    form = reverse("admin:sites_site_change", args=[site.id]) if request.user.is_superuser else ""
    return render_to_string("admin/front/site_state.html", {"site": site, "is_served": is_served, "form": form})
