"""The environment variables that the product reads, and the settings that they give."""

from __future__ import annotations

import os
import re
import runpy
from typing import Any
from unittest import mock

import pytest

from app.env import InvalidEnvironment
from tests.support.commands import environment
from tests.support.programs import ROOT


def known_variables() -> set[str]:
    """Every variable that settings.py reads."""
    source = (ROOT / "app" / "settings.py").read_text()
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))


def settings_from(**values: object) -> dict[str, Any]:
    """The settings in force with an environment; none takes effect in this process."""
    with mock.patch.dict(os.environ, environment(**values), clear=True):
        return runpy.run_path(str(ROOT / "app" / "settings.py"))


def problems(**values: object) -> dict[str, list[str]]:
    """What is wrong with an environment, by variable."""
    with pytest.raises(InvalidEnvironment) as invalid:
        settings_from(**values)
    return invalid.value.problems
