"""Pictures of the school in the valley."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from app.release.demo.canvas import Canvas

GREENS = ("#a9c29b", "#7fa67b", "#558562", "#35694c", "#234f3a")


def valley() -> Canvas:
    """Hills in the morning, and the school below big trees."""
    canvas = Canvas(2000, 1000, top="#f7dfb4", bottom="#f9f0dc")
    canvas.sun(1480, 300, 105, "#f2a65a")
    for number, (top, colour) in enumerate(zip((430, 530, 640), GREENS, strict=False)):
        canvas.hills(top, colour, rise=90 - 12 * number, seed=number + 3)
    ground = canvas.hills(770, GREENS[3], rise=34, seed=11)
    for x, size in ((880, 240), (1010, 330), (1700, 300), (1830, 220)):
        canvas.tree(x, ground(x) + 26, size, "#2f6146", "#3d7653", "#4a3526")
    base = ground(1320) + 40
    canvas.box(1130, base - 190, 470, 190, "#f6ead2")
    canvas.polygon([(1100, base - 190), (1160, base - 285), (1570, base - 285), (1630, base - 190)], "#b5523b")
    canvas.box(1330, base - 390, 70, 120, "#f6ead2")
    canvas.polygon([(1316, base - 386), (1365, base - 460), (1414, base - 386)], "#b5523b")
    canvas.circle(1365, base - 335, 19, "#35694c")
    for x in range(1165, 1560, 74):
        canvas.box(x, base - 140, 40, 66, "#7d9fb0", corner=4)
    canvas.box(1339, base - 92, 52, 92, "#7a3d2b", corner=5)
    canvas.hills(880, GREENS[4], rise=30, seed=20)
    for x in range(60, 2000, 170):
        canvas.tree(x + x % 60, 1010, 110 + x % 70, "#1d4432", "#2a5a42", "#30241c")
    return canvas


def orchard() -> Canvas:
    """Rows of young apple trees."""
    canvas = Canvas(top="#cfe3ea", bottom="#f4f1dd")
    canvas.hills(430, "#b7cda4", rise=70, seed=5)
    canvas.hills(520, "#93b586", rise=50, seed=8)
    canvas.polygon([(0, 560), (1600, 520), (1600, 1000), (0, 1000)], "#6d9a62")
    for row, (y, size, step) in enumerate(((600, 110, 150), (730, 190, 240), (930, 320, 400))):
        for x in range(70 + 60 * row, 1600, step):
            canvas.ellipse(x + 8, y + 2, size * 0.35, size * 0.05, "#588350")
            canvas.tree(x, y, size, "#3d7a4c", "#4f8f5a", "#6b4a30")
            for number in range(6):
                angle = number * pi / 3 + row
                canvas.circle(
                    x + cos(angle) * size * 0.27, y - size * 0.7 + sin(angle) * size * 0.22, size * 0.04, "#d3452f"
                )
    return canvas


def library() -> Canvas:
    """Shelves full of books."""
    chance = Random(7)  # noqa: S311  # a drawing, always the same
    colours = ("#2b6a4d", "#d9a441", "#b5523b", "#f1e3c6", "#355c7d", "#7c9885", "#8c4a3a", "#e8c9a0")
    canvas = Canvas(top="#4c3527", bottom="#3b281d")
    for shelf in range(3):
        base, x = 310 + shelf * 325, 36.0
        canvas.box(0, base, 1600, 24, "#6b4a33")
        while x < 1540:
            width, height = chance.choice((34, 44, 58, 72)), chance.uniform(170, 262)
            colour = chance.choice(colours)
            if chance.random() < 0.09:
                x += 84
            if x + width > 1570:
                break
            canvas.box(x, base - height, width, height, colour, corner=4)
            band = "#f6ead2" if colour != "#f1e3c6" else "#b5523b"
            canvas.box(x, base - height + 28, width, 9, band)
            if width > 40:
                canvas.box(x, base - 52, width, 9, band)
            x += width + 3
    return canvas


def classroom() -> Canvas:
    """A blackboard, and a desk with an apple."""
    canvas = Canvas(top="#f2d9a0", bottom="#f7e8c6")
    canvas.box(190, 130, 1220, 560, "#8a5a3c", corner=14)
    canvas.box(216, 156, 1168, 508, "#2b5545", corner=6)
    for x, y in ((360, 400), (640, 360), (640, 440), (1100, 340), (1100, 420), (1220, 380)):
        canvas.circle(x, y, 30, "#f2c14e")
    for top in (372, 412):
        canvas.box(800, top, 130, 16, "#f3f0e2", corner=8)
    canvas.box(440, 392, 120, 16, "#f3f0e2", corner=8)
    canvas.box(492, 340, 16, 120, "#f3f0e2", corner=8)
    canvas.line([(300, 580), (520, 560), (820, 590), (1040, 566)], "#a9c29b", 8)
    canvas.box(420, 700, 150, 18, "#f3f0e2", corner=6)
    canvas.box(0, 810, 1600, 190, "#b5723f")
    canvas.box(0, 810, 1600, 26, "#c98a52")
    for number, (left, colour) in enumerate(((230, "#355c7d"), (262, "#b5523b"), (250, "#d9a441"))):
        canvas.box(left, 766 - 44 * number, 300, 42, colour, corner=6)
    canvas.circle(1190, 742, 78, "#c23a2e")
    canvas.circle(1256, 742, 76, "#d3452f")
    canvas.line([(1222, 680), (1236, 622)], "#4a3526", 12)
    canvas.ellipse(1276, 634, 46, 20, "#4f8f5a")
    return canvas


def stage() -> Canvas:
    """A theatre before the play: curtains, and a light on the floor."""
    canvas = Canvas(top="#1d1b2e", bottom="#35274a")
    canvas.polygon([(740, 0), (860, 0), (1200, 860), (400, 860)], "#5d4a72")
    canvas.polygon([(0, 800), (1600, 800), (1600, 1000), (0, 1000)], "#8a5a3c")
    canvas.ellipse(800, 870, 420, 62, "#e9c987")
    for x, colour in ((690, "#d9662b"), (910, "#2b6a4d")):
        canvas.ellipse(x, 872, 76, 14, "#b88a55")
        canvas.polygon([(x - 62, 868), (x, 610), (x + 62, 868)], colour)
        canvas.circle(x, 590, 46, "#f1d3b0")
    for side in (0, 1):
        for fold in range(7):
            near, far = fold * 62, (fold + 1) * 62
            hang = 900 - fold * 66
            points = [(near, 0), (far, 0), (far - 14, hang - 66), (near - 14, hang)]
            points = points if side == 0 else [(1600 - x, y) for x, y in points]
            canvas.polygon(points, "#a3293d" if fold % 2 else "#86203a")
    for number in range(14):
        canvas.half_circle(number * 123, 0, 76, "#c23a4b")
        canvas.box(number * 123 - 76, 0, 152, 74, "#c23a4b", corner=40)
    return canvas


def frost() -> Canvas:
    """A clear night over pumpkins."""
    chance = Random(3)  # noqa: S311  # a drawing, always the same
    canvas = Canvas(top="#12233f", bottom="#5a7895")
    for _ in range(120):
        canvas.circle(chance.uniform(0, 1600), chance.uniform(0, 520), chance.uniform(1, 3.2), "#f4f1e4")
    canvas.circle(1230, 230, 92, "#f6ecd2")
    canvas.circle(1268, 204, 84, "#1e3450")
    canvas.hills(610, "#3e5c74", rise=80, seed=4)
    canvas.hills(720, "#c9d8e0", rise=40, seed=6)
    for x, y, size in ((300, 850, 150), (620, 900, 110), (1010, 860, 175), (1360, 910, 120)):
        for offset in (-0.55, 0.55, -0.28, 0.28, 0):
            canvas.ellipse(x + offset * size, y, size * 0.5, size * 0.62, "#c8662a" if offset else "#e0863a")
        canvas.box(x - size * 0.07, y - size * 0.86, size * 0.14, size * 0.34, "#4f6b3c", corner=6)
        canvas.half_circle(x, y - size * 0.36, size * 0.55, "#eaf2f6")
    return canvas


def path() -> Canvas:
    """The way to school: a road between hills, with a yellow bus."""
    canvas = Canvas(top="#bcdcec", bottom="#f2f3dd")
    canvas.sun(320, 230, 80, "#f7d070", rays=16)
    for number, top in enumerate((420, 520)):
        canvas.hills(top, GREENS[number], rise=80, seed=number + 30)
    canvas.hills(620, GREENS[2], rise=30, seed=33)
    road = [(840 + 260 * sin(step / 7) * (1 - step / 30), 600 + step * 14) for step in range(30)]
    edges = [(x - 10 - number * 7, y) for number, (x, y) in enumerate(road)]
    edges += [(x + 10 + number * 7, y) for number, (x, y) in reversed(list(enumerate(road)))]
    canvas.polygon(edges, "#e7dcc0")
    for x, y, size in ((240, 760, 190), (420, 860, 260), (1250, 720, 170), (1450, 880, 300)):
        canvas.tree(x, y, size, "#2f6146", "#417a55", "#5a402c")
    canvas.box(960, 680, 250, 110, "#f0b429", corner=16)
    for x in range(980, 1180, 56):
        canvas.box(x, 698, 42, 36, "#dceef5", corner=5)
    canvas.box(960, 748, 250, 9, "#3a3a3a")
    for x in (1010, 1160):
        canvas.circle(x, 792, 25, "#2c2c2c")
        canvas.circle(x, 792, 10, "#c9c9c9")
    return canvas


def emblem() -> Canvas:
    """A tree in a circle."""
    canvas = Canvas(320, 320)
    canvas.circle(160, 160, 158, "#2b6a4d")
    canvas.box(149, 150, 22, 110, "#f6ead2", corner=8)
    for x, y, radius in ((160, 108, 58), (112, 150, 40), (208, 150, 40)):
        canvas.circle(x, y, radius, "#f6ead2")
    canvas.box(80, 252, 160, 14, "#f6ead2", corner=7)
    for x, y in ((140, 96), (182, 120), (112, 150), (208, 158)):
        canvas.circle(x, y, 10, "#d9662b")
    return canvas
