"""Whatever visitors read is translated, and the catalogues are compiled from what the sources say."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.messages import APP, LANGUAGES, MODULES, extract

pytestmark = [pytest.mark.process, pytest.mark.service("gettext")]


def catalogue(language: str, suffix: str, app: Path = APP) -> Path:
    return app / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def entries(path: Path) -> set[str]:
    """The entries of a catalogue, without the names of the sources; its head has the time at which it was made."""
    _, *found = path.read_text(encoding="utf-8").strip().split("\n\n")
    return {re.sub("^#: .*\n", "", entry, flags=re.MULTILINE) for entry in found}


def compiled(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        found = gettext.GNUTranslations(file)
    catalogue = vars(found)["_catalog"]
    return {text: translation for text, translation in catalogue.items() if text}


def test_every_module_with_texts_is_there() -> None:
    assert {name for name in MODULES if "gettext" not in (APP / name).read_text(encoding="utf-8")} == set()


def test_the_catalogues_have_the_texts_of_the_sources(tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(APP, app, ignore=shutil.ignore_patterns("__pycache__", "static"))
    extract(app)
    for language in LANGUAGES:
        assert entries(catalogue(language, "po", app)) == entries(catalogue(language, "po")), "call `make messages`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_compiled(language: str, tmp_path: Path) -> None:
    path, made = catalogue(language, "po"), tmp_path / "made.mo"
    missing = subprocess.run(["msgattrib", "--untranslated", path], capture_output=True, text=True, check=True)
    fuzzy = subprocess.run(["msgattrib", "--only-fuzzy", path], capture_output=True, text=True, check=True)
    assert missing.stdout + fuzzy.stdout == ""
    subprocess.run(["msgfmt", "--check-format", "-o", made, path], check=True)
    assert compiled(made) == compiled(catalogue(language, "mo")), "call `make messages`"
