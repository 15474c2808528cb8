"""The menus that themes show; registered by the app that keeps them. Themes are below it in the order of imports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Gives the entries at a place of the current site's theme, for a visitor at a path: a list with an attribute `place`.
Source = Callable[[str, str], Sequence[object]]
_registered: list[Source] = []


def register_menus(source: Source) -> None:
    """Register in `AppConfig.ready`."""
    _registered[:] = [source]


def entries_at(place: str, current_path: str) -> Sequence[object]:
    [source] = _registered
    return source(place, current_path)
