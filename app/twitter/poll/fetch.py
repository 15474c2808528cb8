"""Asks one question of the plan and says, for each of its sources, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.twitter.poll.plan import Question, Source, batches, timeline
from app.twitter.quota.quota import Allowance
from app.twitter.x.client import XClient
from app.twitter.x.errors import BadQuestion, SourceGone, XError
from app.twitter.x.posts import Json, Page, Post, read_page, read_refusals

PAGES = 10
KNOWN_LIST_PAGE = 20  # a list cannot be asked for what is new; this much of it is read again each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one source brought. `newest` is the post up to which it is now complete, if that moved."""

    source: Source
    posts: tuple[Post, ...] = ()
    newest: Post | None = None
    searched: bool = False  # search answers half a minute late, a timeline at once
    error: XError | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A credential's client, what it may still read, and how many posts of a source are worth reading."""

    client: XClient
    allowance: Allowance
    keep: int

    def answer(self, question: Question) -> list[Found]:
        """One `Found` for each source of the question, whatever happens."""
        try:
            return self._batch(question) if question.form == "batch" else [self._alone(question)]
        except BadQuestion as error:
            again = _other_words(question, error)
            if again:
                return [found for other in again for found in self.answer(other)]
            return _failed(question, error)
        except XError as error:
            return _failed(question, error)

    def _alone(self, question: Question) -> Found:
        (source,) = question.sources
        posts: dict[int, Post] = {}
        for page in self._pages(question):
            posts |= {post.id: post for post in page.posts}
            old = question.since_id is not None and any(post.id <= question.since_id for post in page.posts)
            if old or len(posts) >= self.keep:
                break
        new = [post for post in posts.values() if post.id > (question.since_id or 0)]
        if question.form == "timeline":
            new = [replace(post, author=question.accounts[0]) for post in new]
        # Older ones of a list come along: they are proof that they still stand.
        seen = [post for post in posts.values() if post.id <= (question.since_id or 0)]
        return Found(source=source, posts=tuple(new + seen), newest=_newest(new), searched=question.form == "search")

    def _batch(self, question: Question) -> list[Found]:
        posts: dict[int, Post] = {}
        complete = False
        for page in self._pages(question):
            posts |= {post.id: post for post in page.posts}
            complete = page.next_token is None
        newest = _newest(posts.values())
        found = []
        for source, profile in zip(question.sources, question.accounts, strict=True):
            if complete:
                own = [replace(post, author=profile) for post in posts.values() if post.author_id == profile.id]
                found.append(Found(source=source, posts=tuple(own), newest=newest, searched=True))
            else:
                # Somebody wrote more than a search gives out; each is asked alone, so nobody loses posts.
                found += self.answer(timeline(source, profile))
        return found

    def _pages(self, question: Question) -> Iterator[Page]:
        token: str | None = None
        for _ in range(PAGES):
            endpoint, least, most = self._size(question)
            with self.allowance.reading(endpoint, least=least, most=most) as reading:
                answer = self._ask(question, reading.size, token)
                page = read_page(answer)
                reading.received = page.received
            if not page.received:
                _refuse_gone(answer)
            yield page
            token = page.next_token
            if token is None:
                return

    def _size(self, question: Question) -> tuple[str, int, int]:
        known = question.since_id is not None
        match question.form:
            case "batch":
                return "/2/tweets/search/recent", 10, 100
            case "search":
                return "/2/tweets/search/recent", 10, min(max(self.keep, 10), 100)
            case "timeline":
                return "/2/users/:id/tweets", 5, min(max(self.keep, 5), 100)
            case "list":
                return "/2/lists/:id/tweets", 1, min(self.keep, KNOWN_LIST_PAGE if known else 100)

    def _ask(self, question: Question, size: int, token: str | None) -> Json:
        since = question.since_id
        match question.form:
            case "batch":
                return self.client.search(question.query, since_id=since, size=size, token=token, authors=False)
            case "search":
                return self.client.search(question.query, since_id=since, size=size, token=token, authors=True)
            case "timeline":
                user_id = question.accounts[0].id
                return self.client.timeline(user_id, since_id=since, size=size, token=token)
            case "list":
                return self.client.list_posts(int(question.query), size=size, token=token)


def _other_words(question: Question, error: BadQuestion) -> list[Question]:
    """The same question in a form that X may accept, so that one bad source does not take others with it."""
    if question.form == "batch":
        pairs = list(zip(question.sources, question.accounts, strict=True))
        if error.parameter == "since_id" or len(pairs) == 1:
            return [timeline(source, profile) for source, profile in pairs]
        profiles = {source.value: profile for source, profile in pairs}
        middle = len(pairs) // 2
        marked = question.since_id is not None
        return [
            half
            for sources in (question.sources[:middle], question.sources[middle:])
            for half in batches(sources, profiles.__getitem__, marked=marked)
        ]
    if question.form in {"search", "timeline"} and question.since_id is not None and error.parameter == "since_id":
        return [replace(question, since_id=None)]
    return []


def _failed(question: Question, error: XError) -> list[Found]:
    return [Found(source=source, error=error) for source in question.sources]


def _refuse_gone(answer: Json) -> None:
    for refusal in read_refusals(answer):
        raise SourceGone(refusal.sentence)


def _newest(posts: Iterable[Post]) -> Post | None:
    return max(posts, key=lambda post: post.id, default=None)
