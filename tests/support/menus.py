"""What a template gets of a menu."""

from __future__ import annotations

from typing import Any

from django.contrib.sites.models import Site
from django.template import Context, Template
from django.test import RequestFactory

from app.tenancy.current import use_site


def shown(site: Site, place: str, path: str = "/") -> list[Any]:
    """Titles and addresses; what is below an entry is a list after it."""
    context = Context({"place": place, "request": RequestFactory().get(path)})
    with use_site(site):
        Template("{% load menus %}{% menu place as entries %}").render(context)
    return _as_lists(context["entries"])


def _as_lists(entries: Any) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        found += [(entry.title, entry.url)] + ([_as_lists(entry.children)] if entry.children else [])
    return found
