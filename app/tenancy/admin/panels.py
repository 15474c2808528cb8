"""Panels that apps show on the overview of the current site."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest
from django.utils.safestring import SafeString

from app.extension import declared

Panel = Callable[[HttpRequest], SafeString]


@cache
def panels() -> tuple[Panel, ...]:
    return tuple(declared("panels"))


def rendered(request: HttpRequest) -> list[SafeString]:
    return [panel(request) for panel in panels()]
