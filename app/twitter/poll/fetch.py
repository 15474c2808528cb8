"""Sends the requests of one credential and returns, for each of their sources, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.twitter.poll.requests import Request, Source, timeline
from app.twitter.quota.quota import Quota
from app.twitter.x.client import XClient
from app.twitter.x.endpoints import SEARCH, TIMELINE, Endpoint
from app.twitter.x.errors import Deferred, InvalidRequest, SourceGone, XError
from app.twitter.x.posts import Json, Page, Post, Profile, read_page, read_problems

MAX_PAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one source got from a request: posts, a profile, or an error."""

    source: Source
    endpoint: Endpoint
    posts: tuple[Post, ...] = ()
    newest: Post | None = None  # the source is now complete up to this post; None when that did not change
    profile: Profile | None = None
    is_partial: bool = False  # the quota ended between two pages: the next run reads from the same cursor again
    error: XError | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    client: XClient
    quota: Quota
    keep: int  # posts of a source that are worth reading

    def send(self, request: Request, page: str | None = None) -> tuple[Json, int]:
        """The response, and how many results it could hold: fewer than usual when the quota ends. Raises `XError`."""
        least, most = request.sizes(self.keep)
        wanted = request.wanted(most)
        with self.quota.reserve(request.endpoint.path, least=least, most=most, wanted=wanted) as reservation:
            response = request.send(self.client, size=reservation.size, page=page)
            reservation.received = request.readers(response)
        return response, reservation.size

    def fetch(self, request: Request) -> list[Result]:
        """One result for each source. Never raises `XError`: a result holds it."""
        try:
            return self._batch(request) if request.is_batch else [self._single(request)]
        except XError as error:
            parts = request.split(error) if isinstance(error, InvalidRequest) else []
            if not parts:
                return [Result(source=source, endpoint=request.endpoint, error=error) for source in request.sources]
            return [result for part in parts for result in self.fetch(part)]

    def _single(self, request: Request) -> Result:
        since_id = request.since_id or 0
        posts: dict[int, Post] = {}
        is_partial = False
        for page in self._pages(request):
            if isinstance(page, Deferred):
                is_partial = bool(since_id)  # a new feed shows what there is
                break
            posts |= {post.remote_id: post for post in page.posts}
            if len(posts) >= self.keep or (since_id and any(post.remote_id <= since_id for post in page.posts)):
                break
        new = [post for post in posts.values() if post.remote_id > since_id]
        if request.endpoint is TIMELINE:
            new = [replace(post, author=request.authors[0]) for post in new]
        # Older posts of a list are included: they show that X still returns them.
        old = [post for post in posts.values() if post.remote_id <= since_id]
        (source,) = request.sources
        return Result(
            source=source,
            endpoint=request.endpoint,
            posts=(*new, *old),
            newest=None if is_partial else _newest(new),
            is_partial=is_partial,
        )

    def _batch(self, request: Request) -> list[Result]:
        posts: dict[int, Post] = {}
        complete = is_partial = False
        for page in self._pages(request):
            if isinstance(page, Deferred):
                is_partial = True
                break
            posts |= {post.remote_id: post for post in page.posts}
            complete = page.next_token is None
        newest = None if is_partial else _newest(posts.values())
        results = []
        for source, author in zip(request.sources, request.authors, strict=True):
            if complete or is_partial:
                own = tuple(
                    replace(post, author=author) for post in posts.values() if post.author_id == author.remote_id
                )
                results.append(Result(source=source, endpoint=SEARCH, posts=own, newest=newest, is_partial=is_partial))
            else:
                # There are more posts than a search returns: read each account alone, so that none is missed.
                results += self.fetch(timeline(source, author))
        return results

    def _pages(self, request: Request) -> Iterator[Page | Deferred]:
        """The pages; last a `Deferred` when another page has to wait. What was read before it is paid for."""
        token: str | None = None
        for _ in range(MAX_PAGES):
            try:
                response, _size = self.send(request, token)
            except Deferred as error:
                if token is None:
                    raise
                yield error
                return
            page, problems = read_page(response), read_problems(response)
            if problems and not page.received:
                raise SourceGone(problems[0].message)
            yield page
            token = page.next_token
            if token is None:
                return


def _newest(posts: Iterable[Post]) -> Post | None:
    return max(posts, key=lambda post: post.remote_id, default=None)
