"""Who is on the made-up X and what they wrote."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass
class Account:
    id: int
    username: str
    name: str
    state: str = "active"  # active | protected | suspended


@dataclass
class Post:
    id: int
    author_id: int
    text: str
    created_at: dt.datetime
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def references(self) -> set[str]:
        return {reference["type"] for reference in self.extra.get("referenced_tweets", [])}


class World:
    """Accounts, posts and lists; every method may be called while the server answers."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[int, Account] = {}
        self.posts: dict[int, Post] = {}
        self.lists: dict[int, set[int]] = {}
        self._numbers = itertools.count(1)
        self._ordered: list[Post] | None = None

    def account(self, username: str, *, name: str = "", state: str = "active") -> Account:
        with self.lock:
            number = 1_000 + next(self._numbers)
            self.accounts[number] = Account(number, username, name or username.title(), state)
            return self.accounts[number]

    def post(
        self,
        author: Account,
        text: str,
        *,
        at: dt.datetime | None = None,
        ago: dt.timedelta | None = None,
        **extra: Any,
    ) -> Post:
        """A post of this moment, or of `at`, or of `ago`; `extra` goes into the answer as it is."""
        moment = at or dt.datetime.now(dt.UTC) - (ago or dt.timedelta(0))
        with self.lock:
            milliseconds = int(moment.timestamp() * 1000) - SNOWFLAKE_EPOCH_MS
            number = (milliseconds << 22) | (next(self._numbers) & 0x3FFFFF)
            self.posts[number] = Post(number, author.id, text, moment, extra)
            self._ordered = None
            return self.posts[number]

    def make_list(self, members: Iterable[Account]) -> int:
        with self.lock:
            number = 90_000 + next(self._numbers)
            self.lists[number] = {member.id for member in members}
            return number

    def delete(self, post: Post) -> None:
        with self.lock:
            del self.posts[post.id]
            self._ordered = None

    def named(self, username: str) -> Account | None:
        with self.lock:
            wanted = username.lower()
            return next((a for a in self.accounts.values() if a.username.lower() == wanted), None)

    def readable(self) -> list[Post]:
        """Posts that an app may read, newest first."""
        with self.lock:
            active = {number for number, account in self.accounts.items() if account.state == "active"}
            if self._ordered is None:
                self._ordered = sorted(self.posts.values(), key=lambda post: post.id, reverse=True)
            return [post for post in self._ordered if post.author_id in active]
