"""Templates follow the import contract: none loads a tag library of a higher layer or of a sibling."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.template.backends.django import get_installed_libraries

from tests.support.programs import ROOT

TEMPLATES = sorted((ROOT / "app").rglob("templates/**/*.html"))
LIBRARIES = {name: module for name, module in get_installed_libraries().items() if module.startswith("app.")}


def layers() -> dict[str, int]:
    """App name → layer, the highest first, from the import contract in pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    contract = next(one for one in contracts if one["name"] == "Apps only import downwards")
    return {
        name.strip(" ()").removeprefix("app."): number
        for number, layer in enumerate(contract["layers"])
        for name in re.split(r"[|:]", layer)
    }


def violations(app: str, text: str) -> list[str]:
    """The tag libraries that a template of this app may not load."""
    layer = layers()
    loaded = [name for tag in re.findall(r"{%\s*load\s+(.+?)\s*%}", text) for name in tag.split()]
    owners = {name: LIBRARIES[name].split(".")[1] for name in loaded if name in LIBRARIES}
    return [name for name, owner in owners.items() if owner != app and layer[owner] <= layer[app]]


def test_it_works() -> None:
    assert {"tenancy", "twitter_tags"} <= LIBRARIES.keys()
    assert all(find_spec(module) for module in LIBRARIES.values())
    assert violations("pages", "{% load static twitter_tags %}") == []
    assert violations("themes", "{% load static twitter_tags %}") == ["twitter_tags"]
    assert violations("tenancy", "{% load tweets_default from twitter_tags %}") == ["twitter_tags"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "app")))
def test_no_template_loads_tags_of_a_higher_layer(path: Path) -> None:
    app, *rest = path.relative_to(ROOT / "app").parts
    # A theme's page of an app takes the place of the app's own, so it is in the layer of that app.
    if app == "themes" and rest[2] in layers():
        app = rest[2]
    assert violations(app, path.read_text(encoding="utf-8")) == []
