"""One SVG: the throughput of each row at 1,000 sites, relative to the bare Django view, on a logarithmic axis."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from bench.pages.report.goals import MIDDLE
from bench.pages.results import Results
from bench.pages.rows import rows

LEFT, RIGHT, TOP, LINE, BOTTOM, WIDTH = 330, 30, 56, 24, 40, 960
TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
COLOURS = {"gthread": "#2166ac", "sync": "#b2581a"}
LABELS = {"gthread": "2 gthread × 4", "sync": "2 sync"}


def x(ratio: float) -> float:
    low, high = math.log(TICKS[0]), math.log(TICKS[-1])
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(max(ratio, TICKS[0])) - low) / (high - low)


def draw(results: Results) -> str:
    """Dots are medians, lines go from the least to the greatest round. The product's rows are bold."""
    measured = {name for group in results.groups if group.count == MIDDLE for name in group.rows}
    shown = [row for row in rows("") if row.name in measured]
    # Slowest last, by the shape that the product is shipped with.
    shown.sort(key=lambda row: -_ratio(results, row.name))
    height = TOP + LINE * len(shown) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="16" y="22" font-size="15" font-weight="bold">Requests per second, relative to a bare Django view '
        "(1,000 sites, logarithmic)</text>",
    ]
    for place, (shape, colour) in enumerate(COLOURS.items()):
        left = LEFT + 140 * place
        parts.append(f'<circle cx="{left}" cy="40" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{left + 10}" y="44">{LABELS[shape]}</text>')
    for tick in TICKS:
        stroke = "#555" if tick == 1 else "#ddd"
        parts.append(
            f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="{stroke}"/>'
        )
        parts.append(f'<text x="{x(tick):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    for place, row in enumerate(shown):
        middle = TOP + LINE * place + LINE / 2
        label = f"Colonnade: {row.label}" if row.is_own else row.label
        weight = ' font-weight="bold"' if row.is_own else ""
        parts.append(f'<text x="{LEFT - 12}" y="{middle + 4:.1f}" text-anchor="end"{weight}>{escape(label)}</text>')
        for offset, (shape, colour) in zip((-4, 4), COLOURS.items(), strict=True):
            result = results.row(shape, MIDDLE, row.name)
            if result is None:
                continue
            low, high, y = x(min(result.ratios)), x(max(result.ratios)), middle + offset
            parts.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>')
            parts.append(f'<circle cx="{x(result.ratio):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>", ""])


def _ratio(results: Results, name: str) -> float:
    found = results.row("gthread", MIDDLE, name) or results.row("sync", MIDDLE, name)
    return found.ratio if found else 0.0
