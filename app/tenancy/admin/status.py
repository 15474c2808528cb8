"""The status page, for superusers: sites, checks, versions."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping

import django
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from app import __version__
from app.health.report import runners
from app.health.runner import run_checks
from app.tenancy.directory import directory


def status(request: HttpRequest, context: Mapping[str, object]) -> HttpResponse:
    """What this process knows, and the result of every check of the health report, run now."""
    if not request.user.is_superuser:
        raise PermissionDenied
    snapshot = directory.snapshot()
    page = {
        **context,
        "title": _("Status"),
        "states": sorted(Counter(site.state for site in snapshot).items()),
        "sites_total": len(snapshot.sites),
        "epoch": snapshot.epoch,
        "directory_age": directory.age_seconds,
        "results": run_checks(runners()),
        "storage": type(storages["default"]).__name__,
        "cache": settings.CACHES["default"]["BACKEND"].rpartition(".")[2],
        "versions": versions(),
    }
    return render(request, "admin/status.html", page)


def versions() -> dict[str, str]:
    number = ".".join(str(part) for part in connection.get_database_version())
    return {
        "Colonnade": __version__,
        "Django": django.get_version(),
        "Python": platform.python_version(),
        connection.display_name: number,
    }
