"""`REQUIRE_MFA` for every view: a person without a required second factor is treated as not signed in.

The exceptions are the pages that set up a factor, the sign-in and the sign-out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils.functional import SimpleLazyObject

from app.sign_in.factors.requirement import STAFF, must_set_up
from app.tenancy.people.permissions import Person

GetResponse = Callable[[HttpRequest], HttpResponseBase]
#: Where a person signs in, which leads to the pages that set a factor up, and where she signs out.
SIGN_IN_AND_OUT = ("admin:login", "admin:logout")


class RequiredFactorMiddleware:
    """Right after authentication, so that drafts, pages for members, private files, previews, the choice of another
    site and whatever an app adds know only people who have a required factor.

    It costs one query, of requests with a session whose view asks for the person, and only if `REQUIRE_MFA` is set.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.REQUIRE_MFA == STAFF and settings.SESSION_COOKIE_NAME in request.COOKIES:
            signed_in = request.user
            # Not before a view asks: a page that needs no person reads neither the account nor its factors.
            user: Any = SimpleLazyObject(lambda: _permitted(request, signed_in))
            request.user = user
            request.auser = sync_to_async(lambda: user)
        return self.get_response(request)


def _permitted(request: HttpRequest, user: Person) -> Person:
    return AnonymousUser() if must_set_up(user) and not _sets_up(request) else user


def _sets_up(request: HttpRequest) -> bool:
    """Whether a factor is set up at this address, or it is one of the `SIGN_IN_AND_OUT`."""
    if request.path_info in map(reverse, SIGN_IN_AND_OUT):
        return True
    try:
        match = resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return False
    return bool(getattr(getattr(match.func, "view_class", None), "sets_up", False))
