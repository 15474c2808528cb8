"""Needs no settings and no models, because `manage.py` reports it before and without them."""

from __future__ import annotations


class DirectoryUnavailable(RuntimeError):
    """This process has no snapshot of the site directory yet, and the database cannot give one."""
