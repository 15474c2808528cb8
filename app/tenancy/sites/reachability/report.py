"""What a check of one host found, step by step, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    """The host leads to its site; something should be done all the same."""
    FAULT = "fault"
    SKIPPED = "-"


class Name(StrEnum):
    """The steps, in their order."""

    RULES = "rules"
    ROUTE = "route"
    """Only where routes are kept (app.routes)."""
    DNS = "DNS"
    CONNECTION = "connection"
    TLS = "TLS"
    PROXY = "proxy"
    SITE = "site"


class Step(NamedTuple):
    """`text` says what was found, and for a fault what to do."""

    state: State
    text: str = ""


@dataclass(slots=True)
class Report:
    """The steps of one host. A step that was not reached is skipped."""

    host: str
    site: str
    steps: dict[Name, Step] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return all(step.state is not State.FAULT for step in self.steps.values())

    def add(self, name: Name, state: State, text: str = "") -> None:
        self.steps[name] = Step(state, text)

    def step(self, name: Name) -> Step:
        return self.steps.get(name, Step(State.SKIPPED))

    @property
    def names(self) -> list[Name]:
        return [name for name in Name if name is not Name.ROUTE or name in self.steps]

    def lines(self) -> Iterator[str]:
        yield self.host
        for name in self.names:
            state, text = self.step(name)
            yield f"  {name:<12}{state:<7}{text}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        steps = {
            name.lower(): {"state": _word(self.step(name).state), "text": self.step(name).text} for name in self.names
        }
        return {"host": self.host, "site": self.site, "ok": self.is_ok, "steps": steps}


def _word(state: State) -> str:
    return "skipped" if state is State.SKIPPED else str(state)
