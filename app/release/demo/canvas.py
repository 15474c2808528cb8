"""A canvas for the demo's pictures: flat shapes, drawn larger and made smaller, so that edges are smooth.

Places and lengths are in units of 0.8 pixels of the finished picture. All of it is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from math import cos, pi, sin
from random import Random

from PIL import Image, ImageDraw

Point = tuple[float, float]
LARGER = 1.6
FINISHED = 0.8


class Canvas:
    def __init__(self, width: int = 1600, height: int = 1000, *, top: str = "", bottom: str = "") -> None:
        """A gradient from the colour at the top to the one at the bottom; without colours it is transparent."""
        self.width, self.height = width, height
        size = round(width * LARGER), round(height * LARGER)
        if top:
            ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
            self.image = Image.composite(Image.new("RGB", size, bottom or top), Image.new("RGB", size, top), ramp)
        else:
            self.image = Image.new("RGBA", size)
        self.pen = ImageDraw.Draw(self.image)

    def polygon(self, points: Iterable[Point], fill: str) -> None:
        self.pen.polygon([(x * LARGER, y * LARGER) for x, y in points], fill=fill)

    def box(self, x: float, y: float, width: float, height: float, fill: str, *, corner: float = 0) -> None:
        place = (x * LARGER, y * LARGER, (x + width) * LARGER, (y + height) * LARGER)
        self.pen.rounded_rectangle(place, corner * LARGER, fill=fill)

    def circle(self, x: float, y: float, radius: float, fill: str) -> None:
        self.ellipse(x, y, radius, radius, fill)

    def ellipse(self, x: float, y: float, across: float, down: float, fill: str) -> None:
        place = [value * LARGER for value in (x - across, y - down, x + across, y + down)]
        self.pen.ellipse(place, fill=fill)

    def half_circle(self, x: float, y: float, radius: float, fill: str) -> None:
        """The upper half."""
        place = [value * LARGER for value in (x - radius, y - radius, x + radius, y + radius)]
        self.pen.pieslice(place, 180, 360, fill=fill)

    def line(self, points: Iterable[Point], fill: str, width: float) -> None:
        scaled = [(x * LARGER, y * LARGER) for x, y in points]
        self.pen.line(scaled, fill=fill, width=round(width * LARGER), joint="curve")

    def hills(self, top: float, fill: str, *, rise: float = 60, seed: int = 1) -> Callable[[float], float]:
        """A range of hills down to the lower edge. Returns how high it is at each place."""
        chance = Random(seed)  # noqa: S311  # a drawing, always the same
        waves = [(chance.uniform(220, 520), chance.uniform(0, 2 * pi), chance.uniform(0.3, 1)) for _ in range(3)]

        def height(x: float) -> float:
            return top - rise * sum(part * sin(x / length + start) for length, start, part in waves) / 2

        line = [(x, height(x)) for x in range(0, self.width + 8, 8)]
        self.polygon([*line, (self.width, self.height), (0, self.height)], fill)
        return height

    def tree(self, x: float, y: float, size: float, leaves: str, shade: str, trunk: str) -> None:
        self.box(x - size * 0.06, y - size * 0.5, size * 0.12, size * 0.5, trunk)
        self.circle(x, y - size * 0.75, size * 0.42, leaves)
        self.circle(x - size * 0.28, y - size * 0.58, size * 0.27, leaves)
        self.circle(x + size * 0.3, y - size * 0.56, size * 0.28, shade)
        self.circle(x + size * 0.12, y - size * 0.82, size * 0.24, shade)

    def house(self, x: float, y: float, width: float, height: float, wall: str, roof: str, window: str) -> None:
        """Its lower left corner is at the place."""
        self.box(x, y - height, width, height, wall)
        over, rise = width * 0.07, width * 0.38
        self.polygon([(x - over, y - height), (x + width / 2, y - height - rise), (x + width + over, y - height)], roof)
        columns, rows = max(1, round(width / 55)), max(1, round(height / 80))
        for column in range(columns):
            for row in range(rows):
                left = x + (column + 0.5) * width / columns - 11
                self.box(left, y - height + (row + 0.3) * height / rows, 22, 30, window, corner=3)

    def sun(self, x: float, y: float, radius: float, fill: str, *, rays: int = 0) -> None:
        self.circle(x, y, radius, fill)
        for number in range(rays):
            angle = 2 * pi * number / rays
            start, end = radius * 1.25, radius * (1.6 if number % 2 else 1.45)
            ends = [(x + cos(angle) * length, y + sin(angle) * length) for length in (start, end)]
            self.line(ends, fill, radius * 0.09)

    def ripples(self, top: float, fill: str, *, count: int = 40, seed: int = 1, width: float = 5) -> None:
        """Light on water: short lines, longer towards the lower edge."""
        chance = Random(seed)  # noqa: S311  # a drawing, always the same
        for _ in range(count):
            depth = chance.random() ** 1.4
            y, half = top + depth * (self.height - top), 16 + 90 * depth * chance.random()
            x = chance.uniform(0, self.width)
            self.box(x - half, y, 2 * half, width * (0.5 + depth), fill, corner=width / 3)

    def finished(self) -> Image.Image:
        size = round(self.width * FINISHED), round(self.height * FINISHED)
        return self.image.resize(size, Image.Resampling.BOX)

    def written(self) -> tuple[bytes, str]:
        """The file and its extension."""
        file, image = BytesIO(), self.finished()
        if image.mode == "RGBA":
            image.save(file, format="PNG")
            return file.getvalue(), "png"
        image.save(file, format="WEBP", quality=92, method=0)
        return file.getvalue(), "webp"
