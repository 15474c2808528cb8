"""What a server process does before its first request, so that the request need not."""

from __future__ import annotations

import logging

from django.db import connections
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import get_resolver

from app.health.checks import known_migrations
from app.tenancy.directory import DirectoryUnavailable, directory

log = logging.getLogger(__name__)
TEMPLATES = ("tenancy/notice.html", "pages/page.html", "404.html")


def warm_up() -> None:
    """Loads URLs, templates, migrations and the directory. Without a database the server starts, and is not ready."""
    get_resolver().url_patterns  # noqa: B018  # importing every view is what it is read for
    for name in TEMPLATES:
        try:
            get_template(name)
        except TemplateDoesNotExist:  # a theme may bring its own and lack this one
            log.warning("Template %s is missing", name)
    known_migrations()  # the probes compare them with the database's
    try:
        directory.snapshot()
    except DirectoryUnavailable:
        log.warning("The database did not answer; sites are looked up as soon as it does")
    # A connection that was opened before the fork would be shared by all workers.
    connections.close_all()
