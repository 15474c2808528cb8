"""What a run of the poll says about itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.twitter.poll.plan import Row
from app.twitter.x.errors import UNUSABLE, WAITING, XError

DONE, SOME_FAILED, CANNOT_WORK = 0, 1, 2


@dataclass
class Summary:
    sites: int = 0
    feeds: int = 0
    polled: int = 0
    failed: int = 0
    waiting: int = 0
    new_posts: int = 0
    removed_posts: int = 0
    calls: int = 0
    posts_read: int = 0
    users_read: int = 0
    seconds: float = 0.0
    running: bool = False  # another process polls; this one did nothing
    failures: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: str = ""  # why the deployment's own credential cannot be used
    useless: int = 0  # feeds that failed because of their credential

    def failed_with(self, rows: Sequence[Row], error: XError) -> None:
        if isinstance(error, WAITING):
            self.waiting += len(rows)
        else:
            self.failed += len(rows)
            self.failures[error.kind] += len(rows)
            self.useless += len(rows) * isinstance(error, UNUSABLE)
        self.reasons[error.sentence] += len(rows)

    @property
    def exit_code(self) -> int:
        if self.refused or (self.useless and not self.polled):
            return CANNOT_WORK
        return SOME_FAILED if self.failed else DONE

    @property
    def line(self) -> str:
        """The last line of the output."""
        if self.running:
            return "poll_twitter: another poll is running; nothing done."
        if not self.feeds:
            return "poll_twitter: there are no feeds to poll."
        parts = [
            f"{_count(self.polled, 'feed')} of {self.feeds} on {_count(self.sites, 'site')} polled",
            f"{self.failed} failed",
            f"{self.waiting} waiting",
            _count(self.new_posts, "new post"),
            f"{self.removed_posts} removed",
            _count(self.calls, "call"),
            f"{_count(self.posts_read, 'post')} read",
            f"{self.seconds:.1f} s",
        ]
        why = self.refused or next((reason for reason, _ in self.reasons.most_common(1)), "")
        return f"poll_twitter: {', '.join(parts)}.{' ' + why if why else ''}"

    def as_json(self) -> dict[str, Any]:
        return {
            "exit_code": self.exit_code,
            "running": self.running,
            "sites": self.sites,
            "feeds": self.feeds,
            "polled": self.polled,
            "failed": self.failed,
            "waiting": self.waiting,
            "new_posts": self.new_posts,
            "removed_posts": self.removed_posts,
            "calls": self.calls,
            "posts_read": self.posts_read,
            "users_read": self.users_read,
            "seconds": round(self.seconds, 3),
            "failures": dict(self.failures),
            "summary": self.line,
        }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
