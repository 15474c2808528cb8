"""The sites of the platform, on the front page of the admin; for superusers."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import STATES


def platform(request: HttpRequest) -> SafeString:
    """Made of the directory, without a query."""
    if not request.user.is_superuser:
        return SafeString("")
    snapshot = directory.snapshot()
    numbers = Counter(site.state for site in snapshot)
    states = [(state, numbers[state]) for state in STATES if numbers[state]]
    return render_to_string("admin/front/platform.html", {"total": len(snapshot.sites), "states": states})
