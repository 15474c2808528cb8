"""The generated parts of docs/benchmarks.md."""

from __future__ import annotations

from bench.documents import put
from bench.pages.report import plot, tables
from bench.pages.results import Results
from tests.support.programs import ROOT

PAGE, PLOT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks.svg"


def run(results: Results) -> str:
    """When, where and how."""
    lines = [f"- Date: {results.date}, `{results.command}`, {results.seconds / 60:.0f} minutes"]
    lines += [f"- {name}: {value}" for name, value in results.machine.items()]
    return "\n".join(lines)


def parts(results: Results) -> dict[str, str]:
    return {
        "run": run(results),
        "goals": tables.goals(results),
        "peers": tables.throughput(results, own=False),
        "own": tables.throughput(results, own=True),
        "sizes": tables.sizes(results),
        "servers": tables.servers(results),
    }


def replaced(text: str, results: Results) -> str:
    """The page with new generated parts. Raises `ValueError` if one has no place in it."""
    for name, part in parts(results).items():
        text = put(text, name, part)
    return text


def write(results: Results) -> None:
    PAGE.write_text(replaced(PAGE.read_text(), results))
    PLOT.write_text(plot.draw(results))
