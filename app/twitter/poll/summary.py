"""What a run of the poll reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.twitter.models import Feed
from app.twitter.x.errors import CredentialError, Deferred, XError

DONE, SOME_FAILED, CANNOT_WORK = 0, 1, 2
NAMED = 5  # feeds with the same error, in one line
LOCKED = "Other work on the site holds its lock; the next run polls the feed."


@dataclass
class Summary:
    sites: int = 0
    feeds: int = 0
    polled: int = 0
    failed: int = 0
    skipped: int = 0
    new_posts: int = 0
    removed_posts: int = 0
    calls: int = 0  # requests to X, retries included
    posts_read: int = 0
    users_read: int = 0
    seconds: float = 0.0
    running: bool = False  # another poll is running; this one did nothing
    failures: Counter[str] = field(default_factory=Counter)  # feeds by kind of error
    failed_feeds: list[dict[str, Any]] = field(default_factory=list)  # each that failed, and why
    messages: dict[str, list[Feed]] = field(default_factory=lambda: defaultdict(list))  # feeds by message
    credential_error: str = ""  # why the deployment's own credential cannot be used
    credential_failures: int = 0  # feeds that failed because of their credential

    def add_stored(self, feeds: Sequence[Feed]) -> None:
        self.polled += len(feeds)

    def add_locked(self, feeds: Iterable[Feed]) -> None:
        for feed in feeds:
            self.skipped += 1
            self.messages[LOCKED].append(feed)

    def add_failure(self, feeds: Sequence[Feed], error: XError) -> None:
        if isinstance(error, Deferred):
            self.skipped += len(feeds)
        else:
            self.failed += len(feeds)
            self.failures[error.kind] += len(feeds)
            self.failed_feeds += [failed_feed(feed, error) for feed in feeds]
            self.credential_failures += len(feeds) * isinstance(error, CredentialError)
        self.messages[error.message] += feeds

    @property
    def exit_code(self) -> int:
        if self.credential_error or (self.credential_failures and not self.polled):
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
            f"{self.skipped} skipped",
            _count(self.new_posts, "new post"),
            f"{self.removed_posts} removed",
            _count(self.calls, "request"),
            f"{_count(self.posts_read, 'post')} read",
            f"{self.seconds:.1f} s",
        ]
        why = self.credential_error or next((message for message, _ in self._by_message()), "")
        return f"poll_twitter: {', '.join(parts)}.{' ' + why if why else ''}"

    def faults(self) -> Iterator[str]:
        """A line for each thing that went wrong: on which site, with which feeds, and what."""
        return (f"{named(feeds)}: {message}" for message, feeds in self._by_message())

    def as_json(self) -> dict[str, Any]:
        left_out = {"messages", "credential_error", "credential_failures"}
        values = {name: value for name, value in vars(self).items() if name not in left_out}
        return {"exit_code": self.exit_code, **values, "seconds": round(self.seconds, 3), "summary": self.line}

    def _by_message(self) -> list[tuple[str, list[Feed]]]:
        return sorted(self.messages.items(), key=lambda item: -len(item[1]))


def failed_feed(feed: Feed, error: XError) -> dict[str, Any]:
    return {"site": feed.site.domain, "feed": str(feed), "kind": error.kind, "message": error.message}


def named(feeds: Sequence[Feed]) -> str:
    """`@nasa on north.example`, with up to `NAMED` feeds, and how many more there are."""
    text = ", ".join(f"{feed} on {feed.site.domain}" for feed in feeds[:NAMED])
    return f"{text} and {len(feeds) - NAMED} more" if len(feeds) > NAMED else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
