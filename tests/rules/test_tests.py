"""How the tests are built."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.programs import PROCESS_FOLDERS, ROOT

FOLDER = ROOT / "tests"
TESTS = sorted(FOLDER.rglob("*.py"))
STARTERS = {
    f"tests.support.{name}"
    for name in ("commands.manage", "commands.managed", "commands.managing", "programs.running", "server.serving")
} | {"subprocess.Popen", "subprocess.run"}


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


def test_what_starts_processes_is_marked() -> None:
    """So that `-m "not process"` stays quick."""
    others = {*PROCESS_FOLDERS, "support", "x_api", "oidc_provider", "looks"}
    fast = [file for file in TESTS if file.relative_to(FOLDER).parts[0] not in others]
    starting = {file for file in fast if (imported(file) | used(file)) & STARTERS}
    unmarked = {file for file in starting if "pytest.mark.process" not in used(file)}
    assert {file.relative_to(ROOT) for file in unmarked} == {Path("tests/suite.py")}


def used(file: Path) -> set[str]:
    """Dotted names in a file's code."""
    return {
        ast.unparse(node) for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
