"""Panels that apps show on the overview of the current site."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.tenancy.site_apps import declared_here

log = logging.getLogger(__name__)


def rendered(request: HttpRequest) -> list[SafeString]:
    return [_shown(panel, request) for panel in declared_here("panels")]


def _shown(panel: Callable[[HttpRequest], SafeString], request: HttpRequest) -> SafeString:
    """The panel; a message in its place if it fails, because everybody needs the overview."""
    try:
        return panel(request)
    except DatabaseError:
        raise  # the request cannot go on without the database
    except Exception:
        name = f"{panel.__module__}.{panel.__qualname__}"
        log.exception("The panel %s failed", name)
        return render_to_string("admin/failed_panel.html", {"name": name})
