"""The way to the settings, on the overview of the site."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.site_settings.views import PERMISSION


def settings_panel(request: HttpRequest) -> SafeString:
    """Empty for a person who may not change the settings."""
    if not request.user.has_perm(PERMISSION):
        return SafeString()
    return render_to_string("admin/site_settings/panel.html", request=request)
