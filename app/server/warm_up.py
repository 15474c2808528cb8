"""What a server process does before its first request. The settings WARM_UP and WORKER_START name the functions."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pkgutil import resolve_name

from django.conf import settings
from django.db import connections
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import get_resolver

from app.health.checks import warmed_up

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Loads what requests would otherwise wait for. Before the fork, so that the workers share the memory."""
    list(get_resolver().url_patterns)  # imports every view
    for name in settings.WARM_UP_TEMPLATES:
        try:
            get_template(name)
        except TemplateDoesNotExist:  # a theme may bring its own and lack this one
            log.warning("Template %s is missing", name)
    _call(settings.WARM_UP)
    # A connection that was opened before the fork would be shared by all workers.
    connections.close_all()
    warmed_up.set()


def start_worker() -> None:
    """Starts the threads of a worker. After the fork, because threads do not survive one."""
    _call(settings.WORKER_START)


def _call(names: Iterable[str]) -> None:
    for name in names:
        resolve_name(name)()
