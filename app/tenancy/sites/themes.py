"""The names of the themes that a site may have, registered by the app that provides themes."""

from __future__ import annotations

from collections.abc import Callable, Collection

_registered: list[Callable[[], Collection[str]]] = []


def register_themes(names: Callable[[], Collection[str]]) -> None:
    """Adds a source of theme names. Register in `AppConfig.ready`."""
    _registered.append(names)


def theme_names() -> list[str]:
    return sorted({name for names in _registered for name in names()})
