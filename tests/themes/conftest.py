from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines

from app.themes import catalogue


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second theme, which brings a page of its own and lacks the rest."""
    portico = catalogue.FOLDER / "portico"
    (tmp_path / "portico").symlink_to(portico)
    (tmp_path / "night" / "templates" / "pages").mkdir(parents=True)
    (tmp_path / "night" / "theme.toml").write_text('title = "Night"\ndescription = "Dark."\n')
    (tmp_path / "night" / "templates" / "404.html").write_text("night says no on {{ site.name }}")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.themes.cache_clear()
    yield
    catalogue.themes.cache_clear()
    for engine in engines.all():
        for loader in engine.engine.template_loaders:  # type: ignore[attr-defined]
            loader.reset()
