from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.template import engines
from pytest_django import Settings

from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.themes.definition import read_themes

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
MakeThemes = Callable[[Mapping[str, Mapping[str, str]]], None]


def put_on(site: Site, theme: str) -> None:
    SiteProfile.objects.filter(site=site).update(theme=theme)  # a theme that is gone may still be stored
    directory.expire()


def choose(site: Site, theme: str = "", **options: object) -> None:
    """A theme and its options, whatever the doors say of them."""
    SiteProfile.objects.filter(site=site).update(theme=theme, settings={"options": options})
    directory.expire()


def styles_of(response: Any) -> list[str]:
    """Raises when the policy of the response does not allow one of its styles."""
    styles = STYLE.findall(response.content.decode())
    for style in styles:
        digest = b64encode(sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in response.headers["Content-Security-Policy"], style
    return styles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As `THEMES_DIRS` would name it."""
    return tmp_path / "themes"


@pytest.fixture
def with_themes(folder: Path, settings: Settings) -> Iterator[MakeThemes]:
    """A function that makes themes: by name, and each file by its path. Without a `theme.toml`, one is made."""

    def make(made: Mapping[str, Mapping[str, str]]) -> None:
        for name, files in made.items():
            for path, text in {"theme.toml": f'title = "{name.title()}"', **files}.items():
                file = folder / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        settings.THEMES = read_themes([folder])
        settings.STATICFILES_DIRS = [theme.static for theme in settings.THEMES.values() if theme.static.is_dir()]

    yield make
    for engine in engines.all():
        for loader in engine.engine.template_loaders:  # type: ignore[attr-defined]
            loader.reset()


@pytest.fixture
def night(with_themes: MakeThemes) -> None:
    """A theme of one template."""
    with_themes({"night": {"templates/404.html": "night says no on {{ site.name }}"}})
