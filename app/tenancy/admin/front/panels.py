"""What the front page of the admin shows of the current site: the platform's own panels, and those of apps."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.tenancy.admin.front.faults import guarded
from app.tenancy.admin.front.first_steps import first_steps
from app.tenancy.admin.front.groups import by_group
from app.tenancy.admin.front.platform import platform
from app.tenancy.admin.front.recent_changes import recent_changes
from app.tenancy.admin.front.site_state import site_state


def rendered(request: HttpRequest) -> list[SafeString]:
    """In the order of the page; panels that have nothing for this person are left out."""
    panels = [site_state, first_steps, *by_group("panels"), recent_changes, platform]
    return [html for panel in panels if (html := _shown(panel, request))]


def _shown(panel: Callable[[HttpRequest], SafeString], request: HttpRequest) -> SafeString:
    """The panel; a message in its place if it fails."""

    def message(name: str) -> SafeString:
        return render_to_string("admin/failed_panel.html", {"name": name})

    return guarded(lambda: panel(request), "panel", panel, message)
