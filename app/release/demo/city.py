"""Pictures of the quarter of eleven streets."""

from __future__ import annotations

from math import pi, sin
from random import Random

from app.release.demo.canvas import Canvas

WALLS = ("#c8654a", "#e3a36b", "#8f3b31", "#d98a5b", "#f0c893", "#5f3a3c")


def tram() -> Canvas:
    """A red tram in a narrow street."""
    canvas = Canvas(top="#f3cfa6", bottom="#f9ead2")
    canvas.sun(1120, 260, 120, "#f7efe0")
    x, chance = -30.0, Random(5)  # noqa: S311  # a drawing, always the same
    while x < 1600:
        width, height = chance.uniform(170, 240), chance.uniform(330, 520)
        canvas.house(x, 760, width, height, chance.choice(WALLS), "#5b2a26", "#fbe7b2")
        x += width + 2
    canvas.box(0, 760, 1600, 240, "#6d5a57")
    canvas.box(0, 760, 1600, 34, "#c9b8a8")
    for y in (884, 932):
        canvas.box(0, y, 1600, 7, "#a7958d")
    canvas.line([(0, 330), (800, 352), (1600, 330)], "#3a2a2a", 4)
    canvas.line([(640, 470), (760, 350), (690, 470)], "#3a2a2a", 5)
    canvas.box(330, 470, 900, 400, "#a5281f", corner=44)
    canvas.box(330, 660, 900, 46, "#f4e3c3")
    canvas.box(356, 852, 848, 44, "#2e2222", corner=14)
    for left in (372, 520, 668, 962, 1110):
        canvas.box(left, 520, 110 if left < 1110 else 92, 118, "#f7e9c8", corner=12)
    for left in (816, 888):
        canvas.box(left, 520, 62, 330, "#7d1c16", corner=8)
        canvas.box(left + 9, 534, 44, 180, "#f7e9c8", corner=6)
    for left, skin in ((425, "#5d4037"), (580, "#c98b62"), (1010, "#8d5a3b")):
        canvas.circle(left, 590, 24, skin)
        canvas.half_circle(left, 640, 38, "#33506b")
    for left in (462, 620, 960, 1100):
        canvas.circle(left, 896, 27, "#1d1716")
    canvas.circle(1204, 776, 17, "#ffe9a8")
    return canvas


def market() -> Canvas:
    """Stalls and lanterns at a canal by night."""
    canvas = Canvas(top="#151a33", bottom="#4b2f52")
    chance = Random(9)  # noqa: S311  # a drawing, always the same
    x = 0.0
    while x < 1600:
        width = chance.uniform(110, 190)
        canvas.house(
            x, 540, width, chance.uniform(150, 300), "#231f3d", "#1a1730", "#d9a441" if width > 150 else "#3a3360"
        )
        x += width
    canvas.box(0, 620, 1600, 380, "#1c2444")
    canvas.box(0, 600, 1600, 34, "#3b2c3f")
    for row in range(2):
        wire = [(step * 20, 190 + row * 90 + 46 * abs(sin(step / 16 * pi + row))) for step in range(81)]
        canvas.line(wire, "#0f1226", 3)
        for px, py in wire[2::5]:
            canvas.circle(px, py + 14, 15, "#ffd27a")
            canvas.circle(px, py + 14, 8, "#fff3cf")
    for number, (left, colour) in enumerate(
        ((60, "#c23a3a"), (360, "#e0863a"), (660, "#2f7d6b"), (960, "#c23a3a"), (1260, "#d9a441"))
    ):
        canvas.box(left + 22, 440, 236, 166, "#2d2036")
        canvas.box(left + 14, 512, 252, 92, "#7a4a35", corner=4)
        for stripe in range(7):
            edge = left + stripe * 40
            canvas.polygon(
                [(edge + 8, 370), (edge + 40, 370), (edge + 44, 440), (edge, 440)],
                colour if stripe % 2 == 0 else "#f4e3c3",
            )
            canvas.circle(edge + 22, 440, 21, colour if stripe % 2 == 0 else "#f4e3c3")
        for fruit in range(6):
            canvas.circle(left + 44 + fruit * 38, 508, 16, ("#e2b13c", "#c23a3a", "#7fa65a")[(fruit + number) % 3])
        canvas.box(left + 60, 660, 150, 10, "#d9a441", corner=5)
        canvas.box(left + 90, 720, 110, 9, "#b07a4a", corner=5)
    canvas.ripples(650, "#f0b860", count=46, seed=4, width=6)
    canvas.ripples(650, "#3b4a7d", count=60, seed=8, width=6)
    return canvas


def bridge() -> Canvas:
    """An iron bridge over the canal, with two bicycles."""
    canvas = Canvas(top="#a9cfd0", bottom="#f3ead6")
    canvas.sun(410, 300, 95, "#f3b562")
    canvas.hills(560, "#86a7a5", rise=50, seed=2)
    canvas.box(0, 640, 1600, 360, "#5d8f97")
    canvas.ripples(660, "#cfe2df", count=70, seed=6)
    for side in (0, 1):
        canvas.box(40 + side * 1400, 500, 120, 340, "#7d5b4f")
    arch = [(100 + step * 14, 500 - 280 * sin(pi * step / 100)) for step in range(101)]
    canvas.line(arch, "#8f3b31", 26)
    for px, py in arch[5:-4:9]:
        canvas.line([(px, py), (px, 500)], "#8f3b31", 8)
    canvas.box(0, 488, 1600, 40, "#6b2b26")
    for left, coat in ((560, "#27466b"), (960, "#c9862b")):
        for wheel in (0, 118):
            canvas.circle(left + wheel, 446, 42, "#241d1d")
            canvas.circle(left + wheel, 446, 35, "#c9dcd6")
        frame = [(left, 446), (left + 42, 380), (left + 100, 380), (left + 56, 446), (left + 42, 380)]
        canvas.line(frame, "#241d1d", 8)
        canvas.line([(left + 118, 446), (left + 98, 362), (left + 76, 356)], "#241d1d", 8)
        canvas.line([(left + 40, 372), (left + 66, 292), (left + 92, 350)], coat, 30)
        canvas.circle(left + 76, 256, 26, "#7a4a35")
        canvas.line([(left + 44, 378), (left + 74, 404), (left + 58, 444)], "#33302f", 18)
    return canvas


def streets() -> Canvas:
    """A map of the eleven streets and the canal."""
    canvas = Canvas(top="#f1e4cd")
    chance = Random(21)  # noqa: S311  # a drawing, always the same
    for column in range(9):
        for row in range(6):
            shade = chance.choice(("#e4d0af", "#dcc49e", "#e9d9bd", "#c7d0a8" if chance.random() < 0.4 else "#e4d0af"))
            canvas.box(column * 182 + 10, row * 172 + 12, 162, 148, shade, corner=10)
    canal = [(-20, 800), (320, 690), (620, 760), (980, 560), (1290, 610), (1640, 420)]
    canvas.line(canal, "#f1e4cd", 110)
    canvas.line(canal, "#6ea3b0", 74)
    for number in range(11):
        start, end = (120 + number * 142, -20), (20 + number * 160 - (number % 3) * 120, 1020)
        canvas.line([start, end], "#fffaf0", 26 if number % 3 else 38)
    canvas.line([(-20, 330), (520, 250), (1100, 330), (1640, 170)], "#fffaf0", 40)
    canvas.line([(-20, 330), (520, 250), (1100, 330), (1640, 170)], "#a5281f", 9)
    for px, py in ((160, 304), (520, 250), (820, 291), (1100, 330), (1420, 235)):
        canvas.circle(px, py, 24, "#fffaf0")
        canvas.circle(px, py, 15, "#a5281f")
    return canvas


def shoemaker() -> Canvas:
    """The front of a shop with an awning and a boot above the door."""
    canvas = Canvas(top="#c9805b", bottom="#b76b49")
    for row in range(12):
        for column in range(-1, 14):
            canvas.box(
                column * 124 + (row % 2) * 62,
                row * 56,
                118,
                50,
                "#bf7551" if (row + column) % 3 else "#c98862",
                corner=3,
            )
    canvas.box(0, 880, 1600, 120, "#8a7f78")
    canvas.box(190, 330, 1220, 560, "#2d4a45")
    canvas.box(240, 450, 640, 370, "#f2dfb3", corner=6)
    canvas.box(1000, 430, 300, 460, "#20352f", corner=8)
    canvas.box(1036, 466, 228, 240, "#f2dfb3", corner=6)
    canvas.circle(1268, 760, 13, "#d9a441")
    for stripe in range(16):
        left = 170 + stripe * 79
        colour = "#a5281f" if stripe % 2 == 0 else "#f8ecd6"
        canvas.polygon([(left + 6, 270), (left + 73, 270), (left + 79, 400), (left, 400)], colour)
        canvas.circle(left + 39.5, 400, 39.5, colour)
    for number, left in enumerate((290, 490, 690)):
        canvas.box(left - 24, 776, 190, 14, "#7a4a35")
        boot = [(left, 620), (left + 62, 620), (left + 68, 706), (left + 146, 738), (left + 152, 776), (left, 776)]
        canvas.polygon(boot, ("#5b3426", "#8f3b31", "#27466b")[number])
        canvas.box(left - 4, 764, 160, 14, "#20140f", corner=4)
    canvas.line([(1150, 130), (1150, 60)], "#20140f", 8)
    canvas.polygon([(1100, 120), (1162, 120), (1168, 182), (1236, 206), (1240, 236), (1100, 236)], "#20140f")
    return canvas


def budget() -> Canvas:
    """Columns of coins, like houses of a street."""
    canvas = Canvas(top="#e9e2d0", bottom="#d7ceb9")
    canvas.box(0, 830, 1600, 170, "#8f3b31")
    canvas.box(0, 830, 1600, 18, "#5b2a26")
    for column, count in enumerate((4, 7, 5, 10, 8, 13, 11)):
        x = 170 + column * 210
        canvas.ellipse(x + 10, 836, 92, 16, "#7a2f28")
        for coin in range(count):
            y = 812 - coin * 44
            canvas.ellipse(x, y + 22, 84, 26, "#9a6d1f")
            canvas.box(x - 84, y, 168, 22, "#b9862e")
            canvas.ellipse(x, y, 84, 26, "#e2b13c")
            canvas.ellipse(x, y, 60, 17, "#f0cb6b")
    return canvas


def emblem() -> Canvas:
    """Eleven rays: the streets of the quarter."""
    canvas = Canvas(320, 320)
    canvas.circle(160, 160, 158, "#a5281f")
    canvas.sun(160, 160, 52, "#f8ecd6")
    for number in range(11):
        angle = 2 * pi * number / 11 - pi / 2
        ends = [(160 + length * sin(angle + pi / 2), 160 + length * sin(angle)) for length in (70, 128)]
        canvas.line(ends, "#f8ecd6", 15)
    return canvas
