"""How the tests are built."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.programs import ROOT

TESTS = sorted((ROOT / "tests").rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The full names of all that a file imports, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_module_imports_a_test_module() -> None:
    """What two test modules need is in tests/support/, or in a module beside them."""
    found = {(file.relative_to(ROOT), name) for file in TESTS for name in imported(file) if ".test_" in name}
    assert found == set()


def test_nothing_is_imported_from_the_root_conftest() -> None:
    found = {file.relative_to(ROOT) for file in TESTS for name in imported(file) if name.startswith("tests.conftest")}
    assert found == set()
