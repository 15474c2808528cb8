"""The only file that talks to X: API v2 through tweepy, with a bearer token."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tweepy
import urllib3

from app.twitter.x.errors import (
    BadCredentials,
    BadQuestion,
    CapReached,
    OutOfCredit,
    RateLimited,
    SourceGone,
    Transient,
)
from app.twitter.x.posts import Json, storable

CONNECT_SECONDS, READ_SECONDS, ANSWER_SECONDS = 3.0, 10.0, 20.0
LARGEST_ANSWER = 8 * 2**20
TRIES = 3
WINDOW = dt.timedelta(minutes=15)
POST_FIELDS = "author_id,created_at,entities,note_tweet,referenced_tweets"
USER_FIELDS = "protected"


@dataclass(frozen=True, slots=True)
class Headers:
    """What an answer says about the window of its endpoint."""

    endpoint: str
    remaining: int
    reset_at: dt.datetime


class XClient:
    """Five questions; each answers with X's JSON or raises from `errors`. Threads may share one client."""

    def __init__(
        self, token: str, *, base_url: str, connections: int = 8,
        on_headers: Callable[[Headers], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._tweepy = _Transport(token, base_url, connections, on_headers)

    @property
    def calls(self) -> int:
        """Requests that were sent, retries included."""
        return self._tweepy.calls

    @property
    def first_heard_at(self) -> dt.datetime | None:
        """When the first answer came, by X's clock."""
        return self._tweepy.first_heard_at

    def close(self) -> None:
        self._tweepy.session.close()

    def users_named(self, names: Iterable[str]) -> Json:
        return _json(self._tweepy.get_users(usernames=list(names), user_fields=USER_FIELDS))

    def users_numbered(self, numbers: Iterable[int]) -> Json:
        return _json(self._tweepy.get_users(ids=list(numbers), user_fields=USER_FIELDS))

    def posts(self, numbers: Iterable[int]) -> Json:
        return _json(self._tweepy.get_tweets(list(numbers), tweet_fields=POST_FIELDS))

    def search(self, query: str, *, since_id: int | None, size: int, token: str | None, authors: bool) -> Json:
        return _json(
            self._tweepy.search_recent_tweets(
                query, **_paging(since_id, "next_token", token), **_fields(authors=authors), max_results=size
            )
        )

    def timeline(self, user_id: int, *, since_id: int | None, size: int, token: str | None) -> Json:
        return _json(
            self._tweepy.get_users_tweets(
                user_id, **_paging(since_id, "pagination_token", token), **_fields(authors=False),
                exclude="retweets,replies", max_results=size,
            )
        )  # fmt: skip

    def list_posts(self, list_id: int, *, size: int, token: str | None) -> Json:
        paging = _paging(None, "pagination_token", token)
        return _json(self._tweepy.get_list_tweets(list_id, **paging, **_fields(authors=True), max_results=size))


class _Transport(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """tweepy's client with a way to X that gives up: its own has no timeout, one host, and logs the token."""

    def __init__(self, token: str, base_url: str, connections: int, on_headers: Callable[[Headers], None]) -> None:
        super().__init__(bearer_token=token, return_type=dict)
        self.base_url = base_url.rstrip("/")
        self.on_headers = on_headers
        self.calls = 0
        self.first_heard_at: dt.datetime | None = None
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=connections)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def request(
        self,
        method: str,
        route: str,
        params: Json | None = None,
        json: object = None,
        user_auth: bool = False,
    ) -> _Answer:
        """Replaces tweepy's request; the names and order of the arguments are tweepy's."""
        if json is not None or user_auth or method != "GET":
            raise ValueError("Feeds only read, and as the app itself.")
        for attempt in range(1, TRIES):
            try:
                return self._once(route, params)
            except _Unreached:
                time.sleep(random.uniform(0.1, 0.4) * attempt)  # noqa: S311  # jitter, not a secret
        return self._once(route, params)

    def _once(self, route: str, params: Json | None) -> _Answer:
        self.calls += 1
        try:
            with self.session.get(
                self.base_url + route,
                params=params,
                headers={"Authorization": f"Bearer {self.bearer_token}", "User-Agent": self.user_agent},
                auth=_no_other_auth,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,  # SECURITY: a redirect would carry the token to another host
                stream=True,
            ) as response:
                body = _read(response)
        except requests.ReadTimeout:
            # Asking again would make one silent minute out of each question.
            raise Transient("X does not answer.") from None
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError):
            raise Transient("X stopped in the middle of its answer.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            raise _Unreached("X cannot be reached, or broke off its answer.") from None
        if self.first_heard_at is None:
            self.first_heard_at = _moment(response.headers.get("date", ""))
        self._report(route, response)
        return self._judge(response, body)

    def _report(self, route: str, response: requests.Response) -> None:
        remaining, reset = (response.headers.get(f"x-rate-limit-{name}", "") for name in ("remaining", "reset"))
        if remaining.isdigit() and reset.isdigit() and len(reset) <= 11:
            reset_at = dt.datetime.fromtimestamp(int(reset), dt.UTC)
            self.on_headers(Headers(endpoint_of(route), int(remaining), reset_at))

    def _judge(self, response: requests.Response, body: bytes) -> _Answer:
        status = response.status_code
        if status >= 500:
            raise _Unreached(f"X has trouble of its own (HTTP {status}).")
        answer = _parse(body)
        if status == 200 and answer is not None:
            return _Answer(answer)
        if status < 400:
            raise Transient(f"X answered with something that is not an answer (HTTP {status}).")
        raise self._refusal(status, answer or {}, response.headers.get("x-rate-limit-reset", ""))

    def _refusal(self, status: int, problem: Json, reset: str) -> Exception:
        kind, said = str(problem.get("type", "")), self._said(problem)
        if status == 402:
            return OutOfCredit("The X account has no credit left.")
        if status == 429:
            if "usage-capped" in kind or "usagecap" in str(problem.get("title", "")).lower():
                return CapReached("The X account's cap of posts is used up.")
            known = reset.isdigit() and len(reset) <= 11
            reset_at = dt.datetime.fromtimestamp(int(reset), dt.UTC) if known else dt.datetime.now(dt.UTC) + WINDOW
            return RateLimited("X asks to wait: too many questions in this window.", reset_at=reset_at)
        gone = kind.endswith(("/resource-not-found", "/not-authorized-for-resource", "/resource-unavailable"))
        if status == 404 or (gone and status == 403):
            return SourceGone(f"X does not give this out: {said}")
        if status in {401, 403}:
            return BadCredentials(f"X refuses the token (HTTP {status}).")
        if status != 400:
            return Transient(f"X answered with something that is not an answer (HTTP {status}).")
        return BadQuestion(f"X does not understand this: {said}", parameter=_parameter(problem))

    def _said(self, problem: Json) -> str:
        errors = problem.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        said = str(first.get("message") or problem.get("detail") or problem.get("title") or "no reason given")
        # SECURITY: an answer may quote the question, and this text is shown in the admin.
        return storable(said.replace(self.bearer_token, "[token]"))[:300]


class _Unreached(Transient):
    """A fault that another try may cure at once."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What tweepy wants back from `request`."""

    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.body


def endpoint_of(route: str) -> str:
    """X counts windows by endpoint, whichever account or list is in the path."""
    return "/".join(":id" if part.isdigit() and part != "2" else part for part in route.split("/"))


def _moment(text: str) -> dt.datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _read(response: requests.Response) -> bytes:
    """The body within `ANSWER_SECONDS` in all: the read timeout alone lets a peer drip for ever."""
    deadline = time.monotonic() + ANSWER_SECONDS
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(65_536, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > LARGEST_ANSWER:
            raise Transient("X's answer is far too long.")
    return b"".join(pieces)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")  # and PostgreSQL would not store it


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _parameter(problem: Json) -> str:
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        parameters = error.get("parameters") if isinstance(error, dict) else None
        if isinstance(parameters, dict) and parameters:
            return str(next(iter(parameters)))
    return ""


def _no_other_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without an auth of its own, requests lets a .netrc entry take the place of the bearer token."""
    return request


def _paging(since_id: int | None, token_name: str, token: str | None) -> dict[str, Any]:
    return {**({"since_id": since_id} if since_id else {}), **({token_name: token} if token else {})}


def _fields(*, authors: bool) -> dict[str, str]:
    fields = {"tweet_fields": POST_FIELDS}
    return {**fields, "expansions": "author_id", "user_fields": USER_FIELDS} if authors else fields


def _json(answer: Any) -> Json:  # tweepy has no types
    return dict(answer)
