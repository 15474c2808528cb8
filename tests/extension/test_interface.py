"""docs/interface.md: every public name exists, takes the parameters that the page names, and is still on the page."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from django.template import engines
from django.utils.module_loading import import_string

from tests.support.programs import ROOT

PAGE = (ROOT / "docs" / "interface.md").read_text()
NAMES = re.findall(r"^\| `(app\.[\w.]+)(?:\(([\w, ]*)\))?` \|", PAGE, re.MULTILINE)
TAGS = re.findall(r"^\| `(\w+)` \| (\w+) \|$", PAGE, re.MULTILINE)
#: Every name that was on the page of a release. One may leave this file when it was announced long enough before.
RECORD = (ROOT / "tests" / "extension" / "interface.txt").read_text().splitlines()


def found(name: str) -> Any:
    """A module's name, or an attribute of one of its classes."""
    try:
        return import_string(name)
    except ImportError:
        owner, _, attribute = name.rpartition(".")
        return getattr(import_string(owner), attribute)


@pytest.mark.parametrize(("name", "parameters"), NAMES, ids=[name for name, _ in NAMES])
def test_a_public_name_exists(name: str, parameters: str) -> None:
    value = found(name)
    wanted = [parameter for parameter in parameters.split(", ") if parameter and parameter != "self"]
    if wanted:
        taken = inspect.signature(value).parameters
        assert [parameter for parameter in wanted if parameter not in taken] == []


@pytest.mark.parametrize(("tag", "library"), TAGS)
def test_a_public_tag_exists(tag: str, library: str) -> None:
    argument = (
        ' "x"'
        if tag in {"cached_by_content", "menu", "theme_static"}
        else ' "x" 3 as x'
        if tag.startswith("tweets_for")
        else " 3 as x"
        if tag == "tweets_default"
        else " x"
        if tag == "picture"
        else ""
    )
    end = "{% endcached_by_content %}" if tag == "cached_by_content" else ""
    engines["django"].from_string(f"{{% load {library} %}}{{% {tag}{argument} %}}{end}")


def test_what_the_guides_import_is_public() -> None:
    public = {name for name, _ in NAMES}
    for page in (ROOT / "docs").glob("*.md"):
        for module, names in re.findall(r"^\s*from (app\.[\w.]+) import ([\w, ]+)$", page.read_text(), re.MULTILINE):
            assert [name for name in names.split(", ") if f"{module}.{name}" not in public] == [], page.name


def test_the_sub_commands_of_the_image_are_public() -> None:
    commands = re.findall(r'^    "([a-z-]+)": ', (ROOT / "docker" / "entrypoint").read_text(), re.MULTILINE)
    assert len(commands) > 5
    assert [command for command in commands if f"`{command}`" not in PAGE] == []


def test_no_public_name_has_disappeared() -> None:
    public = [name for name, _ in NAMES] + [tag for tag, _ in TAGS]
    assert [name for name in RECORD if name not in public] == [], "announce it in CHANGELOG.md first; see the page"
    assert [name for name in public if name not in RECORD] == [], "add it to tests/extension/interface.txt"
