"""Redirects from old addresses: looked up when nothing else of the site was found."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from app.redirects.addresses import is_never_redirected, wanted
from app.redirects.chains import addresses_of
from app.redirects.hits import hits
from app.redirects.models import Redirect, find
from app.redirects.targets import own_part
from app.tenancy.requests.database import SAFE, guarded
from app.tenancy.requests.responses import REDIRECT_AGE
from app.tenancy.requests.tenancy import tenancy_of


class RedirectMiddleware:
    """Replaces a 404 to a GET or HEAD. Inside of the middlewares that choose the site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    @guarded
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in SAFE or is_never_redirected(request.path_info):
            return response
        exact, stem = wanted(request.path_info, request.META.get("QUERY_STRING", ""))
        redirect = find(exact, stem)
        if redirect is None or _leads_to(redirect, exact):
            return response
        if tenancy_of(request).site.source != "session":
            hits.count(redirect)
        return response_of(redirect, request)


def _leads_to(redirect: Redirect, address: str) -> bool:
    """Whether a redirect leads to the address that was requested: a browser would then request the same address again.

    The form refuses such a redirect. One to another domain leads there after the site has got that domain.
    """
    target = own_part(redirect.new) if redirect.new else None
    return target is not None and addresses_of(target)[0] == address


def response_of(redirect: Redirect, request: HttpRequest) -> HttpResponse:
    if not redirect.new:
        response = render(request, "410.html", status=410)
        response.headers["Cache-Control"] = "no-store"
        return response
    status = 301 if redirect.is_permanent else 302
    # The query of the request is left out: an address with it can have a redirect of its own.
    return HttpResponse(status=status, headers={"Location": iri_to_uri(redirect.new), "Cache-Control": REDIRECT_AGE})
