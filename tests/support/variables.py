"""The environment variables that the product reads."""

from __future__ import annotations

import re

from tests.support.programs import ROOT


def known_variables() -> set[str]:
    """Every variable that settings.py reads."""
    source = (ROOT / "app" / "settings.py").read_text()
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))
