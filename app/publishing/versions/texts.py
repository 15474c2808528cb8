"""The difference between two texts, word by word, in bounded time.

difflib has no bound: its time grows with the square of the length and more. Here it is the algorithm of Myers (1986),
whose time grows with the number of differences, and which gives up beyond `MOST_EDITS` of them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

Kind = Literal["same", "deleted", "added", "omitted"]
Edit = tuple[Kind, str]

#: Together in both texts, without what they begin and end with alike.
MOST_TOKENS = 20_000
MOST_EDITS = 400
#: Of a passage without differences so many words are shown before and after a difference.
CONTEXT = 40
#: Of a difference so many words are shown, and so many characters.
MOST_SHOWN = 1000
MOST_CHARACTERS = 20_000
_TOKEN = re.compile(r"\S+|\n")
_END_OF_LINE = "¶\n"


@dataclass(frozen=True, slots=True)
class Passage:
    kind: Kind
    text: str

    @property
    def end(self) -> str:
        """What is between this passage and the next one."""
        return "" if self.text.endswith("\n") else " "


@dataclass(frozen=True, slots=True)
class Comparison:
    passages: list[Passage]
    #: Whether there are too many differences to find them word by word.
    is_coarse: bool = False


def compare(before: str, after: str) -> Comparison:
    """The passages of both texts in their order. Runs of spaces count as one."""
    edits = _edits(_TOKEN.findall(before), _TOKEN.findall(after))
    if edits is not None:
        return Comparison(list(_passages(edits)))
    lines = _edits(_lines(before), _lines(after))
    if lines is None:
        lines = [("deleted", before), ("added", after)]
    words: list[Edit] = [(kind, word) for kind, line in lines for word in _TOKEN.findall(line)]
    return Comparison(list(_passages(words)), is_coarse=True)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.splitlines()]


def _edits(before: Sequence[str], after: Sequence[str]) -> list[Edit] | None:
    """What becomes of each token; None if there is too much to compare."""
    start, end = 0, 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    middle = _shortest(old, new) if len(old) + len(new) <= MOST_TOKENS else None
    if middle is None:
        return None
    same_before: list[Edit] = [("same", token) for token in before[:start]]
    same_after: list[Edit] = [("same", token) for token in before[len(before) - end :]]
    return [*same_before, *middle, *same_after]


def _shortest(old: Sequence[str], new: Sequence[str]) -> list[Edit] | None:
    """The shortest list of edits. On diagonal k, `reach` has how far in `old` one gets with `number` edits."""
    steps: list[array[int]] = []
    reach = array("l", [0] * (2 * MOST_EDITS + 3))  # negative diagonals are at the end
    for number in range(MOST_EDITS + 1):
        steps.append(reach[:])
        for k in range(-number, number + 1, 2):
            x = _next(reach, k, number)
            while x < len(old) and x - k < len(new) and old[x] == new[x - k]:
                x += 1
            reach[k] = x
            if x >= len(old) and x - k >= len(new):
                return _traced(steps, old, new)
    return None


def _next(reach: array[int], k: int, number: int) -> int:
    return reach[k + 1] if _is_addition(reach, k, number) else reach[k - 1] + 1


def _is_addition(reach: array[int], k: int, number: int) -> bool:
    return k == -number or (k != number and reach[k - 1] < reach[k + 1])


def _traced(steps: Sequence[array[int]], old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    edits: list[Edit] = []
    x, y = len(old), len(new)
    for number in range(len(steps) - 1, -1, -1):
        reach, k = steps[number], x - y
        is_addition = _is_addition(reach, k, number)
        came_from = k + 1 if is_addition else k - 1
        begin = (reach[came_from] if is_addition else reach[came_from] + 1) if number else 0
        while x > begin:
            x, y = x - 1, y - 1
            edits.append(("same", old[x]))
        if number and is_addition:
            y -= 1
            edits.append(("added", new[y]))
        elif number:
            x -= 1
            edits.append(("deleted", old[x]))
    return edits[::-1]


def _passages(edits: Sequence[Edit]) -> Iterator[Passage]:
    runs = [list(run) for _, run in groupby(_sorted(edits), key=itemgetter(0))]
    for number, run in enumerate(runs):
        kind, tokens = run[0][0], [token for _, token in run]
        if kind != "same":
            text = _joined(tokens[:MOST_SHOWN], marks=True)
            yield Passage(kind, text[:MOST_CHARACTERS])
            if len(tokens) > MOST_SHOWN or len(text) > MOST_CHARACTERS:
                yield Passage("omitted", "")
            continue
        head = CONTEXT if number else 0
        tail = CONTEXT if number + 1 < len(runs) else 0
        if len(tokens) <= head + tail:
            yield Passage(kind, _joined(tokens))
            continue
        if head:
            yield Passage(kind, _joined(tokens[:head]))
        yield Passage("omitted", "")
        if tail:
            yield Passage(kind, _joined(tokens[-tail:]))


def _sorted(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Of neighbouring differences first what was deleted, then what was added."""
    for _, group in groupby(edits, key=lambda edit: edit[0] == "same"):
        yield from sorted(group, key=lambda edit: edit[0] == "added")


def _joined(tokens: Sequence[str], *, marks: bool = False) -> str:
    text = " ".join(tokens).replace(" \n ", "\n").replace(" \n", "\n").replace("\n ", "\n")
    return text.replace("\n", _END_OF_LINE) if marks else text
