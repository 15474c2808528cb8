"""Panels that other apps show on the overview of the current site."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

Panel = Callable[[HttpRequest], SafeString]
_panels: list[Panel] = []


def register(panel: Panel) -> None:
    """Adds a panel. It returns an empty string for users who may not see it. Register in an admin module."""
    _panels.append(panel)


def rendered(request: HttpRequest) -> list[SafeString]:
    return [panel(request) for panel in _panels]
