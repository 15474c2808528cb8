"""The document of the benchmark is made of what a run measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.pages import expected, results
from bench.pages.content import BenchSite, bare_page, fault
from bench.pages.report import document, plot
from bench.pages.report.goals import GOALS
from bench.pages.results import Changes, CountResult, Group, Results, RowResult, ServerResult
from bench.pages.rows import rows


def row_result(ratio: float) -> RowResult:
    return RowResult([ratio, ratio * 1.1, ratio * 0.9], [100 * ratio] * 3, [1.0] * 3, [4.0] * 3, [1.5] * 3, [0.5] * 3)


def group(shape: str, count: int, ratio: float) -> Group:
    made = Group(shape, count)
    for row in rows(""):
        made.rows[row.name], made.counts[row.name] = row_result(ratio), CountResult(1000, 0)
        made.servers[row.competitor] = ServerResult([0.5], 60.0, 8)
    made.rows["django"], made.servers["django"] = row_result(1.0), ServerResult([0.4], 50.0, 0)
    return made


@pytest.fixture
def measured() -> Results:
    groups = [group("gthread", count, 1.5) for count in (10, 1_000, 10_000)] + [group("sync", 1_000, 1.25)]
    return Results(
        "2026-01-01", "make bench-pages", {"Machine": "2 cores"}, 60.0, groups, Changes(1.0, [0.5], 0.9, 0.9)
    )


def test_the_page_of_another_site_is_noticed() -> None:
    html = bare_page().replace("@@@@@", "00007")
    assert fault(html, BenchSite(7)) == ""
    assert "without 'Site 00008'" in fault(html, BenchSite(8))
    assert "the number of 00008" in fault(html.replace("</main>", "<p>00008</p></main>"), BenchSite(7))
    assert "the menu is" in fault(html.replace("Legal</a>", "Lawful</a>"), BenchSite(7))
    assert "not hashed" in fault(html.replace(".0123456789ab", ""), BenchSite(7))


def test_each_goal_is_judged(measured: Results) -> None:
    findings = {goal.label: goal.find(measured) for goal in GOALS}
    assert {label for label, found in findings.items() if found.met is None} == set()
    assert {label for label, found in findings.items() if not found.met} == {"static file"}  # 1 ×, not 1.5 ×
    measured.groups[1].rows["own"] = row_result(1.19)
    measured.groups[1].counts["own-alias"] = CountResult(1000, 1)
    missed = {goal.label for goal in GOALS if not goal.find(measured).met}
    assert missed == {"static file", "anonymous page, cached in the process", "alias, redirect"}


def test_a_goal_that_was_not_measured_is_not_met(measured: Results) -> None:
    without = replace(measured, groups=[], changes=None)
    assert {goal.find(without).met for goal in GOALS} == {None}


def test_the_generated_parts_are_replaced_and_nothing_else(measured: Results) -> None:
    text = document.PAGE.read_text()
    once = document.replaced(text, measured)
    assert "**1.50** (1.35–1.65)" in once
    assert "+ 10 MiB" in once
    assert document.replaced(once, measured) == once
    assert [line for line in once.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]
    with pytest.raises(ValueError, match="no place for the generated part"):
        document.replaced("# Benchmarks", measured)


def test_the_plot_shows_every_row(measured: Results) -> None:
    picture = ElementTree.fromstring(plot.draw(measured))  # noqa: S314  # our own text
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {f"Colonnade: {row.label}" if row.is_own else row.label for row in rows("")} <= set(texts)


def test_results_are_read_as_they_were_written(measured: Results, tmp_path: Path) -> None:
    measured.save(tmp_path / "results.json")
    assert results.load(tmp_path / "results.json") == measured


def test_more_queries_or_calls_than_expected_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "FILE", tmp_path / "expected.json")
    found = Group("gthread", 10, counts={"own": CountResult(1000, 1), "own-home": CountResult(2000, 1)})
    expected.accept(found)
    assert expected.differences(found) == {}
    found.counts = {"own": CountResult(1020, 2), "own-home": CountResult(2100, 1), "own-new": CountResult(1, 0)}
    assert expected.differences(found) == {
        "own-new": "is in only one of the run and expected.json",
        "own": "2 queries, expected 1",
        "own-home": "2,100 function calls, expected 2,000 within 3%",
    }
