"""Which views may be cached: those that say so."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from app.tenancy.content_cache import reading_content
from app.tenancy.current import activate
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests.tenancy import tenancy_of

View = Callable[..., HttpResponse]
#: The key of the WSGI environment under which a view leaves its `Permission` for app.pagecache.front.
PERMISSION = "colonnade.page_cache"


class Permission(NamedTuple):
    """A view made this response for `site`; it may be stored until `until`, in seconds since 1970."""

    site: CurrentSite
    until: float | None


def page_cached(*, query: Collection[str] = ()) -> Callable[[View], View]:
    """The view's responses may be stored and sent to other anonymous visitors of the same site.

    They must depend on nothing but the site's content, the address, and the keys of the query that `query` names; any
    other key is ignored where a stored page is found. A response with a cookie, or that is `private` or `no-store`, or
    has another status than 200, is never stored.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with reading_content() as until:  # as it is before the view reads: a row may expire while it runs
                response = view(request, *args, **kwargs)
            if response.status_code == 200 and not response.streaming:
                request.META[PERMISSION] = Permission(tenancy_of(request).site, until)
            return response

        vars(wrapped)["cached_query"] = frozenset(query)
        return wrapped

    return decorate


def named_query(site: CurrentSite, path: str, query: str) -> str | None:
    """The part of a query that the view of this path named; None if it may not be cached with a query at all."""
    if not query:
        return ""
    if not query.isascii():
        return None  # no browser sends it, and Django would decode it in another way than this function
    try:
        with activate(site):  # which URLs there are depends on the site (app.tenancy.site_apps)
            names = getattr(resolve(path).func, "cached_query", None)
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100) if names else []
    except (Resolver404, ValueError):
        return None
    return None if names is None else urlencode([pair for pair in pairs if pair[0] in names])
