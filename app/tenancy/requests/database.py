"""A request whose database is away or accepts no changes gets 503, never 500."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connections
from django.db.utils import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from app.tenancy.requests import responses
from app.tenancy.requests.tenancy import tenancy_of

log = logging.getLogger(__name__)
M = TypeVar("M")
Call = Callable[[M, HttpRequest], HttpResponseBase]
READ_ONLY_SQLSTATE = "25006"
SAFE = ("GET", "HEAD")


class DatabaseMiddleware:
    """Calls a view a second time, on a new connection, when the connection broke under an anonymous GET.

    Only errors before the response exists come here: of a streamed body nothing is sent twice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and is_lost(exception) and _may_repeat(request):
            _close(exception)
            tenancy_of(request).repeated = True
            try:
                response: Any = match.func(request, *match.args, **match.kwargs)
                return cast("HttpResponseBase", response.render() if hasattr(response, "render") else response)
            except (OperationalError, InterfaceError) as again:
                if not is_lost(again):
                    raise
                exception = again
        return response_to(request, exception)


def guarded(call: Call[M]) -> Call[M]:
    """For the `__call__` of a middleware that uses the database itself: no other middleware sees its exceptions."""

    @functools.wraps(call)
    def wrapped(middleware: M, request: HttpRequest) -> HttpResponseBase:
        try:
            return call(middleware, request)
        except (DatabaseError, InterfaceError) as error:
            response = response_to(request, error)
            if response is None:
                raise
            return response

    return wrapped


def response_to(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """503, or None for an error that is no outage."""
    if is_lost(error):
        response = responses.database_away(changes=request.method not in SAFE)
    elif is_read_only(error):
        response = responses.read_only()
    else:
        return None
    _close(error)
    return response


def is_lost(error: Exception) -> bool:
    """Whether the server is gone: the connection was closed, or there could be none."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    raw: list[Any] = [connection.connection for connection in connections.all(initialized_only=True)]
    return any(connection is None or getattr(connection, "closed", False) for connection in raw)


def is_read_only(error: Exception) -> bool:
    """Whether the server accepts no changes, as a replica after a failover."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", "") == READ_ONLY_SQLSTATE:
        return True
    return getattr(cause, "sqlite_errorname", "").startswith("SQLITE_READONLY")


def _may_repeat(request: HttpRequest) -> bool:
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES  # perhaps: to know it takes a query
    return request.method in SAFE and not signed_in and not tenancy_of(request).repeated


def _close(error: Exception) -> None:
    """The next query opens a connection, after a failover perhaps to another server."""
    log.warning("The database is away or accepts no changes (%s)", type(error).__name__)
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
