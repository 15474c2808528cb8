from __future__ import annotations

from tests.themes.conftest import folder, with_themes

__all__ = ["folder", "with_themes"]
