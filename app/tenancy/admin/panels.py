"""Panels that apps show on the overview of the current site."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.safestring import SafeString

from app.tenancy.site_apps import declared_here


def rendered(request: HttpRequest) -> list[SafeString]:
    return [panel(request) for panel in declared_here("panels")]
