"""Pictures of the harbour and its rowers."""

from __future__ import annotations

from math import sin

from app.release.demo.canvas import Canvas


def boat(canvas: Canvas, x: float, y: float, size: float, hull: str, people: str, *, crew: int = 4) -> None:
    length = size * (crew + 2)
    for seat in range(crew):
        px = x + size * (1.4 + seat)
        canvas.line([(px, y - size * 0.2), (px - size * 0.75, y + size * 0.5)], people, size * 0.06)
        canvas.ellipse(px - size * 0.82, y + size * 0.54, size * 0.2, size * 0.05, people)
        canvas.line([(px, y), (px + size * 0.16, y - size * 0.52)], people, size * 0.26)
        canvas.circle(px + size * 0.2, y - size * 0.78, size * 0.17, people)
    canvas.polygon(
        [
            (x, y - size * 0.06),
            (x + length, y - size * 0.06),
            (x + length * 0.88, y + size * 0.2),
            (x + length * 0.12, y + size * 0.2),
        ],
        hull,
    )


def crane(canvas: Canvas, x: float, y: float, size: float, fill: str) -> None:
    for left in (0, 0.5):
        canvas.line([(x + left * size, y), (x + size * 0.25, y - size)], fill, size * 0.06)
    canvas.line([(x + size * 0.12, y - size * 0.5), (x + size * 0.38, y - size * 0.5)], fill, size * 0.05)
    canvas.box(x + size * 0.1, y - size * 1.12, size * 0.3, size * 0.18, fill)
    canvas.line([(x - size * 0.3, y - size * 1.05), (x + size * 1.2, y - size * 1.5)], fill, size * 0.06)
    canvas.line([(x + size * 1.15, y - size * 1.48), (x + size * 1.15, y - size * 0.85)], fill, size * 0.02)


def morning() -> Canvas:
    """A boat with four rowers at sunrise, and a lighthouse."""
    canvas = Canvas(top="#f5c99a", bottom="#f8ead0")
    canvas.sun(560, 480, 130, "#f08a4b")
    canvas.hills(540, "#7f9bb0", rise=46, seed=12)
    canvas.box(0, 570, 1600, 430, "#3f7fa8")
    canvas.box(430, 570, 260, 430, "#5c90ae")
    canvas.ripples(590, "#f3c08c", count=34, seed=3)
    canvas.ripples(590, "#2c648c", count=70, seed=5)
    canvas.polygon([(1240, 600), (1290, 250), (1370, 250), (1420, 600)], "#f7f0e2")
    for top in (330, 470):
        shift = (600 - top) * 0.143
        canvas.polygon(
            [
                (1240 + 50 - shift, top + 70),
                (1250 + 40 - shift * 0.93, top),
                (1410 - 40 + shift * 0.93, top),
                (1420 - 50 + shift, top + 70),
            ],
            "#c23a2e",
        )
    canvas.box(1284, 196, 92, 58, "#ffe9a8")
    canvas.half_circle(1330, 196, 50, "#c23a2e")
    canvas.polygon([(1130, 620), (1200, 570), (1480, 570), (1600, 640), (1600, 660), (1130, 660)], "#4a4f57")
    boat(canvas, 330, 760, 110, "#5b2f1d", "#1b2d3d")
    return canvas


def fog() -> Canvas:
    """Cranes that disappear in the fog."""
    canvas = Canvas(top="#d9dfe1", bottom="#eef0ee")
    for number, colour in enumerate(("#c9d1d5", "#aab8c0", "#82969f")):
        base = 560 + number * 80
        for place in range(3 - number // 2):
            crane(canvas, 180 + place * 520 + number * 150, base, 260 + number * 110, colour)
        canvas.hills(base, colour, rise=16, seed=number + 40)
    canvas.box(0, 770, 1600, 230, "#6d838e")
    canvas.ripples(780, "#9fb0b8", count=60, seed=2)
    return canvas


def wood() -> Canvas:
    """The wooden hull of an old boat, plank by plank."""
    canvas = Canvas(top="#26343d", bottom="#1b262d")
    for plank in range(9):
        y = 210 + plank * 66
        bend = [(x, y + 70 * sin(x / 1600 * 3.14) * (1 - plank / 12)) for x in range(0, 1608, 8)]
        lower = [(x, py + 60) for x, py in reversed(bend)]
        canvas.polygon([*bend, *lower], ("#a8652f", "#b97638", "#9a5827")[plank % 3])
        for x in range(60, 1600, 150):
            canvas.circle(x + plank % 2 * 70, y + 70 * sin(x / 1600 * 3.14) * (1 - plank / 12) + 30, 5, "#e2c07a")
    canvas.box(0, 140, 1600, 26, "#f4ead6")
    return canvas


def emblem() -> Canvas:
    """Two crossed oars over waves."""
    canvas = Canvas(320, 320)
    canvas.circle(160, 160, 158, "#1f5f8b")
    for side in (-1, 1):
        canvas.line([(160 - side * 88, 62), (160 + side * 70, 226)], "#ffffff", 13)
        canvas.line([(160 + side * 56, 210), (160 + side * 92, 250)], "#ffffff", 34)
    for row in range(2):
        wave = [(40 + step * 4, 262 + row * 22 + 7 * sin(step / 3.2)) for step in range(61)]
        canvas.line(wave, "#bcdcf2", 8)
    return canvas
