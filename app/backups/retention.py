"""Which backups are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

FORMAT = "%Y%m%dT%H%M%SZ"


def name_at(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(FORMAT)


def moment_of(name: str) -> datetime:
    """When a backup was made, by its name. Raises `ValueError`."""
    return datetime.strptime(name, FORMAT).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keep:
    """The newest backup of each of the last days, weeks and months that have one."""

    daily: int
    weekly: int
    monthly: int

    def of(self, names: Iterable[str]) -> set[str]:
        """The names that are kept; the newest one always."""
        newest_first = sorted(names, reverse=True)
        kept = set(newest_first[:1])
        for number, period in ((self.daily, "%Y-%m-%d"), (self.weekly, "%G-%V"), (self.monthly, "%Y-%m")):
            newest: dict[str, str] = {}
            for name in newest_first:
                newest.setdefault(moment_of(name).strftime(period), name)
            kept.update(list(newest.values())[:number])
        return kept
