"""One run of the poll: plan, fetch, store, re-check, prune, sum up.

Worker threads only send requests to X. The thread that started the run reads and writes the database, one source at a
time, so a run that is killed has stored some sources completely and the others not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.conf import settings

from app.observability.redact import redactor
from app.twitter.models import Credential, Feed, KnownAccount, fingerprint
from app.twitter.poll import accounts, plan, recheck, store
from app.twitter.poll.cursors import Cursors
from app.twitter.poll.fetch import Reader, Result
from app.twitter.poll.plan import Due
from app.twitter.poll.requests import Request, Source
from app.twitter.poll.site_locks import SiteLocks
from app.twitter.poll.summary import Summary
from app.twitter.quota.storage import Billing, load_quota, save_windows
from app.twitter.x.client import XClient
from app.twitter.x.errors import BadCredentials, InvalidRequest, SourceGone, XError
from app.twitter.x.tokens import InvalidToken, clean_token

THREADS = 8
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a run starts from."""

    now: dt.datetime
    site_id: int | None
    feeds: list[Feed]
    due: Due
    accounts: dict[str, KnownAccount]
    tokens: Mapping[str, str]  # by credential, which is the token's fingerprint
    unusable: Mapping[str, str]  # by credential: why no request can be sent with it
    credentials: Mapping[int, str]  # by site id
    sharing: frozenset[int]  # the sites that use the deployment's token

    @property
    def sources(self) -> list[Source]:
        """The due sources that there is a token for."""
        return [source for source in self.due.sources if source.credential not in self.unusable]

    def sites_with(self, credential: str) -> frozenset[int]:
        """The sites that share a credential's daily quota, whether this run polls for them or not."""
        sites = frozenset(site for site, own in self.credentials.items() if own == credential)
        return sites | self.sharing if credential == fingerprint(settings.TWITTER_BEARER_TOKEN) else sites

    def faults(self) -> Iterator[tuple[Sequence[Feed], XError]]:
        """The feeds that cannot be polled, and why."""
        for feed, message in self.due.invalid:
            yield [feed], InvalidRequest(message)
        for source in self.due.sources:
            if source.credential in self.unusable:
                yield source.feeds, BadCredentials(self.unusable[source.credential])

    def lookups(self) -> list[Request]:
        return plan.lookups(self.sources, self.accounts, self.now)

    def requests(self, sources: Sequence[Source]) -> list[Request]:
        return plan.requests(sources, self.accounts, self.now)

    def preview(self) -> list[str]:
        """The requests that a run would send. Posts of accounts that it looks up first are not among them."""
        return [str(request) for request in (*self.lookups(), *self.requests(self.sources))]


def read_work(site_id: int | None, now: dt.datetime, *, feed_id: int | None = None) -> Work:
    """The work for all sites, for one, or for one of its feeds. Only reads."""
    # all_sites: the poll runs for every site; a token is used for the feeds of its own site only.
    own = Credential.all_sites.all()
    have_own = set(own.values_list("site_id", flat=True))
    if site_id is not None:
        own = own.filter(site_id=site_id)
    own_tokens = dict(own.values_list("site_id", "token"))
    # SECURITY: from here on no log line and no report to Sentry shows a site's own token.
    redactor.learn(own_tokens.values())
    default = settings.TWITTER_BEARER_TOKEN
    feeds = [feed for feed in store.load_feeds(site_id) if feed_id in {None, feed.pk}]
    credentials = {feed.site_id: fingerprint(own_tokens.get(feed.site_id, default)) for feed in feeds}
    tokens = {fingerprint(token): token for token in [default, *own_tokens.values()]}
    due = plan.due(feeds, credentials, now)
    return Work(
        now=now,
        site_id=site_id,
        feeds=feeds,
        due=due,
        accounts=accounts.load_accounts(),
        tokens=tokens,
        unusable={credential: why for credential, token in tokens.items() if (why := _fault(token))},
        credentials=credentials,
        sharing=frozenset(store.sites_with_feeds() - have_own),
    )


def _fault(token: str) -> str:
    """Why no request can be sent with this token; empty when one can."""
    if not token:
        return "There is no bearer token for X."
    try:
        return "" if clean_token(token) == token else "The bearer token for X begins or ends with a space."
    except InvalidToken as error:
        return f"The bearer token for X cannot be sent, enter it again: {error}"


class Run:
    """Needs the lock of the poll. `summary` fills during the run."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.summary = Summary(sites=len({feed.site_id for feed in work.feeds}), feeds=len(work.feeds))
        self._readers: dict[str, Reader] = {}
        self._clients = ExitStack()
        self._locks = SiteLocks()
        self._billing: dict[str, Billing] = {}
        self._read_ids: set[int] = set()

    def run(self) -> Summary:
        work, summary = self.work, self.summary
        summary.skipped = len(work.due.skipped)
        with self._locks.run(), self._clients:
            for feeds, error in work.faults():
                self._fail(feeds, error)
            sources = self._look_up_accounts()
            self._poll(work.requests(sources))
            self._recheck()
            summary.removed_posts += store.prune(work.site_id, settings.TWITTER_KEEP, self._locks)
            if work.site_id is None:
                self._locks.try_write(accounts.delete_unfollowed)
        for credential, reader in self._readers.items():
            # Once more, and with the usual patience: what was read while the database was locked.
            self._locks.try_write(self._billing[credential].save)
            self._locks.try_write(partial(save_windows, reader.quota, work.now))
            summary.calls += reader.client.calls
        default = self._readers.get(fingerprint(settings.TWITTER_BEARER_TOKEN))
        if default and default.quota.error:
            summary.credential_error = default.quota.error.message
        return summary

    def _reader(self, credential: str) -> Reader:
        if credential not in self._readers:
            sites = self.work.sites_with(credential)
            quota = load_quota(credential, sites, self.work.now)
            self._billing[credential] = Billing(credential, sites, self.work.now)
            client = XClient(
                self.work.tokens[credential],
                base_url=settings.TWITTER_API_URL,
                connections=THREADS,
                on_rate_limit=quota.note_window,
            )
            self._clients.callback(client.close)
            self._readers[credential] = Reader(client, quota, settings.TWITTER_KEEP)
        return self._readers[credential]

    def _look_up_accounts(self) -> list[Source]:
        """The sources whose posts can be requested then."""
        failed: set[Source] = set()
        for request, results in self._in_parallel(self.work.lookups(), accounts.look_up):
            users = [result.source.sites for result in results if result.profile is not None]
            self._count(request.credential, users)
            self.summary.users_read += len(users)
            found = {result.source.value: result.profile for result in results if result.profile and not result.error}
            known = accounts.from_profiles(found, self.work.now)
            self._locks.try_write(partial(accounts.save_accounts, known.values()))
            self.work.accounts.update(known)
            for source, error in ((result.source, result.error) for result in results if result.error):
                failed.add(source)
                self._fail(source.feeds, error)
                if isinstance(error, SourceGone):
                    self.summary.removed_posts += store.delete_tweets(source.feeds, self._locks)
        return [source for source in self.work.sources if source not in failed]

    def _poll(self, requests: Sequence[Request]) -> None:
        cursors = Cursors()
        for request, results in self._in_parallel(requests, Reader.fetch):
            cursors.note(results, self._first_response_at())
            self._count_posts(request.credential, results)
            unchanged = [result for result in results if not result.posts and not result.error]
            stored = store.store_unchanged(unchanged, self.work.now, self._locks)
            for result in results:
                if result.error:
                    self._fail(result.source.feeds, result.error)
                elif result.posts:
                    feeds, new = store.store_posts(result, self.work.now, self._locks)
                    stored += feeds
                    self.summary.new_posts += new
            self.summary.add_stored(stored)
            self.summary.add_locked(
                feed for result in results if not result.error for feed in result.source.feeds if feed not in stored
            )
        for newest, feeds in cursors.advanced():
            store.advance_cursors(feeds, newest, self.work.now, self._locks)

    def _first_response_at(self) -> dt.datetime | None:
        moments = [reader.client.first_response_at for reader in self._readers.values()]
        return min((moment for moment in moments if moment), default=None)

    def _count_posts(self, credential: str, results: Iterable[Result]) -> None:
        readers: dict[int, frozenset[int]] = {}
        for result in results:
            for post in result.posts:
                for remote_id in post.read_ids:
                    readers[remote_id] = readers.get(remote_id, frozenset()) | result.source.sites
        posts = [post for result in results for post in result.posts]
        billed = store.not_read_today(posts, self.work.now) - self._read_ids
        self._read_ids |= billed
        self._count(credential, [readers[remote_id] for remote_id in billed])
        self.summary.posts_read += len(billed)

    def _count(self, credential: str, reads: Collection[Collection[int]]) -> None:
        billing = self._billing[credential]
        billing.count(reads)
        # Before the results are stored: a run that is killed has still read them.
        self._locks.try_write(billing.save)

    def _recheck(self) -> None:
        usable = self.work.tokens.keys() - self.work.unusable.keys()
        credentials = {site: credential for site, credential in self.work.credentials.items() if credential in usable}
        checks = recheck.plan_checks(credentials, self.work.now)
        for request, checked in self._in_parallel(checks, recheck.check):
            self._count(request.credential, [request.audience[str(remote_id)] for remote_id in checked.found])
            self.summary.posts_read += len(checked.found)
            self.summary.removed_posts += recheck.store_check(checked, request.audience, self.work.now, self._locks)

    def _fail(self, feeds: Sequence[Feed], error: XError) -> None:
        store.store_failure(feeds, error, self.work.now, self._locks)
        self.summary.add_failure(feeds, error)

    def _in_parallel(
        self, requests: Sequence[Request], send: Callable[[Reader, Request], Outcome]
    ) -> Iterator[tuple[Request, Outcome]]:
        """Sends requests from several threads, and yields each result in this one.

        The first request of each credential is sent alone: then a refused token or an outage of X costs one request.
        """
        first = {request.credential: request for request in reversed(requests)}
        others = [request for request in requests if request is not first[request.credential]]
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="x")
        try:
            for batch in (first.values(), others):
                futures = {pool.submit(send, self._reader(request.credential), request): request for request in batch}
                for future in as_completed(futures):
                    yield futures.pop(future), future.result()
        finally:
            # When storing fails, the other results cannot be stored either.
            pool.shutdown(cancel_futures=True)
