"""The only module that sends requests to X: API v2 through tweepy, with a bearer token."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import tweepy
import urllib3

from app.twitter.x.endpoints import AUTHORS, MAX_SIZE, Endpoint, path_of
from app.twitter.x.errors import (
    BadCredentials,
    CapReached,
    InvalidRequest,
    OutOfCredit,
    RateLimited,
    SourceGone,
    Transient,
    XError,
)
from app.twitter.x.network import no_response
from app.twitter.x.posts import Json, storable

CONNECT_SECONDS, READ_SECONDS, RESPONSE_SECONDS = 3.0, 10.0, 20.0
MAX_RESPONSE_BYTES = 8 * 2**20
TRIES = 3
WINDOW = dt.timedelta(minutes=15)
_random = random.SystemRandom()


class OnRateLimit(Protocol):
    def __call__(self, path: str, *, remaining: int, reset_at: dt.datetime) -> None: ...


class XClient(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """Reads from X with one token. Threads may share a client.

    tweepy builds the requests. It would send them without a timeout, to a fixed host, and log the token: `request`
    does not. `on_rate_limit` receives what each response says about the rate window of its endpoint.
    """

    def __init__(
        self, token: str, *, base_url: str, connections: int = 8, on_rate_limit: OnRateLimit | None = None
    ) -> None:
        super().__init__(bearer_token=token, return_type=dict)
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).hostname or base_url
        self.on_rate_limit = on_rate_limit
        self.calls = 0  # requests sent, retries included
        self.first_response_at: dt.datetime | None = None  # by X's clock
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=connections)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def close(self) -> None:
        self.session.close()

    def read(
        self,
        endpoint: Endpoint,
        targets: Sequence[str],
        *,
        size: int = MAX_SIZE,
        since_id: int | None = None,
        page: str | None = None,
        authors: bool = False,
    ) -> Json:
        """X's JSON for a query, or for ids or names. Raises `XError`.

        `size` is the number of results on a page and `page` the token of the next one; `authors` also reads who
        wrote each post, and the originals of reposts.
        """
        parameters: dict[str, Any] = {endpoint.target: ",".join(targets), **endpoint.fields}
        if authors:
            parameters |= AUTHORS
        if endpoint.is_paged:
            parameters["max_results"] = size
        if endpoint.takes_since_id and since_id:
            parameters["since_id"] = since_id
        if page:
            parameters[endpoint.next_page] = page
        return dict(getattr(self, endpoint.method)(**parameters))

    def request(
        self, method: str, route: str, params: Json | None = None, json: object = None, user_auth: bool = False
    ) -> _Response:
        """Replaces tweepy's request; the names and order of the arguments are tweepy's."""
        if json is not None or user_auth or method != "GET":
            raise ValueError("The client only reads, and only as the app itself.")
        for attempt in range(1, TRIES):
            try:
                return self._send(route, params)
            except _Retryable:
                time.sleep(_random.uniform(0.1, 0.4) * attempt)
        return self._send(route, params)

    def _send(self, route: str, params: Json | None) -> _Response:
        self.calls += 1
        try:
            with self.session.get(
                self.base_url + route,
                params=params,
                headers={"Authorization": f"Bearer {self.bearer_token}", "User-Agent": self.user_agent},
                auth=_keep_bearer,  # SECURITY: otherwise a .netrc entry would replace the token
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,  # SECURITY: a redirect would carry the token to another host
                stream=True,
            ) as response:
                body = _read(response)
        except requests.ReadTimeout:
            # Each retry could wait as long again.
            raise Transient(f"X does not respond: {self.host} was silent for {READ_SECONDS:g} s.") from None
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError):
            raise Transient("X stopped in the middle of its response.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _Retryable(no_response(error, self.host)) from None
        if self.first_response_at is None:
            self.first_response_at = _date(response.headers.get("date", ""))
        self._report_rate_limit(route, response)
        return self._check(response, body)

    def _report_rate_limit(self, route: str, response: requests.Response) -> None:
        remaining, reset_at = response.headers.get("x-rate-limit-remaining", ""), _reset_at(response)
        if self.on_rate_limit and remaining.isdigit() and reset_at:
            self.on_rate_limit(path_of(route), remaining=int(remaining), reset_at=reset_at)

    def _check(self, response: requests.Response, body: bytes) -> _Response:
        status = response.status_code
        if status >= 500:
            raise _Retryable(f"X has a server error (HTTP {status}).")
        parsed = _parse(body)
        if status == 200 and parsed is not None:
            return _Response(parsed)
        if status < 400:
            raise Transient(f"X sent an invalid response (HTTP {status}).")
        raise self._error(status, parsed or {}, _reset_at(response))

    def _error(self, status: int, problem: Json, reset_at: dt.datetime | None) -> XError:
        kind, detail = str(problem.get("type", "")), self._detail(problem)
        if status == 402:
            return OutOfCredit("The X account has no credit left.")
        if status == 429:
            if "usage-capped" in kind or "usagecap" in str(problem.get("title", "")).lower():
                return CapReached("The X account has reached its usage cap.")
            return RateLimited(reset_at=reset_at or dt.datetime.now(dt.UTC) + WINDOW)
        gone = kind.endswith(("/resource-not-found", "/not-authorized-for-resource", "/resource-unavailable"))
        if status == 404 or (gone and status == 403):
            return SourceGone(f"X does not show this: {detail}")
        if status in {401, 403}:
            return BadCredentials(f"X refuses the token (HTTP {status}).")
        if status != 400:
            return Transient(f"X sent an invalid response (HTTP {status}).")
        return InvalidRequest(f"X rejects this request: {detail}", parameter=_parameter(problem))

    def _detail(self, problem: Json) -> str:
        errors = problem.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        detail = str(first.get("message") or problem.get("detail") or problem.get("title") or "no reason given")
        # SECURITY: a response may quote the request, and this text is shown in the admin.
        return storable(detail.replace(self.bearer_token, "[token]"))[:300]


class _Retryable(Transient):
    """A fault that may be over with the next try."""


@dataclass(frozen=True, slots=True)
class _Response:
    """What tweepy expects from `request`."""

    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.body


def _reset_at(response: requests.Response) -> dt.datetime | None:
    reset = response.headers.get("x-rate-limit-reset", "")
    return dt.datetime.fromtimestamp(int(reset), dt.UTC) if reset.isdigit() and len(reset) <= 11 else None


def _date(text: str) -> dt.datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _read(response: requests.Response) -> bytes:
    """The body, within `RESPONSE_SECONDS` in all: the read timeout alone has no limit for a slow stream of bytes."""
    deadline = time.monotonic() + RESPONSE_SECONDS
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(65_536, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > MAX_RESPONSE_BYTES:
            raise Transient("X's response is too long.")
    return b"".join(pieces)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")  # and PostgreSQL would not store it


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _parameter(problem: Json) -> str:
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        parameters = error.get("parameters") if isinstance(error, dict) else None
        if isinstance(parameters, dict) and parameters:
            return str(next(iter(parameters)))
    return ""


def _keep_bearer(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An authentication that adds nothing: without any, requests looks for one in .netrc."""
    return request
