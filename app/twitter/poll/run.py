"""One run of the poll: plan, ask, store, check again, prune, sum up.

The threads only ask X; the database is read and written by the thread that started the run, one source at a
time, so a run that is killed has stored some sources wholly and the others not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from django.conf import settings

from app.observability.redact import redactor
from app.twitter.models import Credential
from app.twitter.poll import accounts as look_ups
from app.twitter.poll import plan, recheck, store
from app.twitter.poll.cursors import Marks
from app.twitter.poll.fetch import Found, Reader
from app.twitter.poll.plan import Account, Due, LookUp, Question, Row, Source
from app.twitter.poll.summary import Summary
from app.twitter.quota.storage import Ledger
from app.twitter.tokens import fingerprint
from app.twitter.x.client import XClient
from app.twitter.x.errors import BadCredentials, BadQuestion, XError

AT_ONCE = 8


class _Asked(Protocol):
    @property
    def credential(self) -> str: ...


Task = TypeVar("Task", bound=_Asked)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a run starts from, read once."""

    now: dt.datetime
    site_id: int | None
    rows: tuple[Row, ...]
    due: Due
    accounts: dict[str, Account]
    tokens: Mapping[str, str]  # by fingerprint
    credentials: Mapping[int, str]  # fingerprint by site

    def look_ups(self) -> list[LookUp]:
        return plan.look_ups(self.sources, self.accounts, self.now)

    def questions(self, sources: Sequence[Source]) -> list[Question]:
        return plan.questions(sources, self.accounts, self.now)

    @property
    def sources(self) -> list[Source]:
        """Those that there is a token for."""
        return [source for source in self.due.sources if source.credential]


def read_work(site_id: int | None, now: dt.datetime, *, feed_id: int | None = None) -> Work:
    """What there is to do for every site, or one, or one of its feeds; reads only."""
    # all_sites: the poll runs for every site; a token is used for the feeds of its own site only.
    credentials_of = Credential.all_sites.all()
    if site_id is not None:
        credentials_of = credentials_of.filter(site_id=site_id)
    own = dict(credentials_of.values_list("site_id", "token"))
    redactor.learn(own.values())
    rows = [row for row in store.load_rows(site_id) if feed_id in {None, row.feed}]
    default = settings.TWITTER_BEARER_TOKEN
    credentials = {row.site: fingerprint(own.get(row.site, default)) for row in rows}
    named = tuple(replace(row, credential=credentials[row.site]) for row in rows)
    tokens = {fingerprint(token): token for token in [default, *own.values()] if token}
    return Work(now, site_id, named, plan.due(named, now), store.load_accounts(), tokens, credentials)


class Run:
    """A run under the lock; `summary` fills while it goes on."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.summary = Summary(sites=len({row.site for row in work.rows}), feeds=len(work.rows))
        self._ledger = Ledger(work.now)
        self._readers: dict[str, Reader] = {}
        self._clients = ExitStack()
        self._read: set[int] = set()

    def run(self) -> Summary:
        work, summary = self.work, self.summary
        summary.waiting = len(work.due.waiting)
        for row, sentence in work.due.unusable:
            self._fail([row], BadQuestion(sentence))
        for source in work.due.sources:
            if not source.credential:
                self._fail(source.rows, BadCredentials("There is no bearer token for X."))
        with self._clients:
            asked = self._look_up()
            self._ask(work.questions(asked))
            self._recheck()
        for credential, reader in self._readers.items():
            self._ledger.keep_windows(credential, dict(reader.allowance.windows))
            summary.calls += reader.client.calls
        summary.removed_posts += store.prune(work.site_id, settings.TWITTER_KEEP)
        if work.site_id is None:
            store.forget_accounts()
        default = self._readers.get(fingerprint(settings.TWITTER_BEARER_TOKEN))
        if default and default.allowance.refused:
            summary.refused = default.allowance.refused.sentence
        return summary

    def _reader(self, credential: str) -> Reader:
        if credential in self._readers:
            return self._readers[credential]
        allowance = self._ledger.allowance(credential)
        client = XClient(
            self.work.tokens[credential],
            base_url=settings.TWITTER_API_URL,
            connections=AT_ONCE,
            on_headers=allowance.heard,
        )
        self._clients.callback(client.close)
        self._readers[credential] = Reader(client, allowance, settings.TWITTER_KEEP)
        return self._readers[credential]

    def _look_up(self) -> list[Source]:
        """Finds who is not known yet or not well; the sources whose posts can be asked for."""
        failed: set[int] = set()
        for task, looked in self._side_by_side(self.work.look_ups(), look_ups.ask):
            self._ledger.spend(task.credential, looked.received)
            self.summary.users_read += looked.received
            store.keep_accounts(looked.profiles, self.work.now)
            for name, profile in looked.profiles.items():
                self.work.accounts[name] = Account(profile, self.work.now)
            for source, error in looked.failed:
                failed.add(id(source))
                self._fail(source.rows, error)
                if error.kind == "gone":
                    self.summary.removed_posts += store.withdraw(source.rows)
        return [source for source in self.work.sources if id(source) not in failed]

    def _ask(self, questions: Sequence[Question]) -> None:
        marks = Marks()
        for task, founds in self._side_by_side(questions, Reader.answer):
            marks.note(founds, self._heard_at())
            self._spend(task.credential, founds)
            quiet = [found for found in founds if not found.posts and found.error is None]
            store.store_quiet(quiet, self.work.now)
            for found in founds:
                if found.error is not None:
                    self._fail(found.source.rows, found.error)
                    continue
                if found.posts:
                    self.summary.new_posts += store.store_posts(found, self.work.now)
                self.summary.polled += len(found.source.rows)
        for newest, rows in marks.raised():
            store.raise_marks(rows, newest, self.work.now)

    def _heard_at(self) -> dt.datetime | None:
        """When the run's first answer came, by X's clock."""
        heard = [reader.client.first_heard_at for reader in self._readers.values()]
        return min((moment for moment in heard if moment), default=None)

    def _spend(self, credential: str, founds: Sequence[Found]) -> None:
        posts = {post.id: post for found in founds for post in found.posts if post.id not in self._read}
        billed = store.unread_today(posts.values(), self.work.now)
        self._read |= billed
        self._ledger.spend(credential, len(billed))
        self.summary.posts_read += len(billed)

    def _recheck(self) -> None:
        with_token = {site: credential for site, credential in self.work.credentials.items() if credential}
        checks = recheck.checks_due(with_token, self.work.now)
        for task, checked in self._side_by_side(checks, recheck.ask):
            self._ledger.spend(task.credential, len(checked.standing))
            self.summary.posts_read += len(checked.standing)
            self.summary.removed_posts += recheck.store(checked, self.work.credentials, self.work.now)

    def _fail(self, rows: Sequence[Row], error: XError) -> None:
        store.store_failure(rows, error, self.work.now)
        self.summary.failed_with(rows, error)

    def _side_by_side(
        self, tasks: Sequence[Task], ask: Callable[[Reader, Task], Result]
    ) -> Iterator[tuple[Task, Result]]:
        """Asks, a few at once; what has arrived is handed out in this thread.

        The first task of each credential goes ahead alone: a refused token or a silent X costs one call.
        """
        scouts = list({task.credential: task for task in reversed(tasks)}.values())
        others = [task for task in tasks if all(task is not scout for scout in scouts)]
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="x")
        try:
            for wave in (scouts, others):
                asked = {pool.submit(ask, self._reader(task.credential), task): task for task in wave}
                for future in as_completed(asked):
                    yield asked.pop(future), future.result()
        finally:
            # When storing fails there is nowhere to put the rest.
            pool.shutdown(cancel_futures=True)
