"""Sessions: each is valid on the site that it was created on, and may hold an editor's choice of another site."""

from __future__ import annotations

import logging
from typing import cast

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import ARCHIVED, SiteEntry
from app.tenancy.people.permissions import known_rights, may_work_on
from app.tenancy.requests.admin_hosts import is_in_admin
from app.tenancy.requests.database import guarded
from app.tenancy.requests.tenancy import tenancy_of

log = logging.getLogger(__name__)

CREATED_ON = "_made_on_site"
CHOICE = "site_id"
RIGHTS = "_rights"

#: A session has the key `now` in place of `before`.
session_renewed = Signal()


class SiteSessionMiddleware(SessionMiddleware):
    """Django's session middleware; a cookie that was created on one site opens no session on another."""

    @guarded
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return cast("HttpResponseBase", super().__call__(request))

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if cookie is None:
            return
        if not cookie.isalnum():
            # Django makes no such key, and PostgreSQL refuses to look for one with a null in it.
            request.session = self.SessionStore()
            return
        site_id, created_on = tenancy_of(request).host_site.id, request.session.get(CREATED_ON)
        # SECURITY: Django binds a session to no host; without this a cookie of one site, replayed on another,
        # signs its owner in there. The session itself is not changed: it stays valid on its own site.
        if created_on is None and not request.session.is_empty():
            request.session[CREATED_ON] = site_id
        elif created_on is not None and created_on != site_id:
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.modified and not session.is_empty() and CREATED_ON not in session:
            session[CREATED_ON] = tenancy_of(request).host_site.id
        if tenancy_of(request).offers_admin and is_in_admin(request) and response.status_code < 500:
            renew_after_change_of_rights(request)
        return super().process_response(request, response)


def renew_after_change_of_rights(request: HttpRequest) -> None:
    """Gives the session a new key when the rights that this request was checked for are not those of the last one.

    A key that somebody else may know is worth no more than the rights for which it was made. The rights are those
    that the admin has read for the response, so this takes no query; the session is written only after a change.
    """
    user = getattr(request, "user", None)  # absent when the response was made before authentication
    rights = known_rights(user, tenancy_of(request).site.id) if user else None
    if rights is None or rights == request.session.get(RIGHTS):
        return
    if RIGHTS in request.session:
        before = request.session.session_key
        with transaction.atomic():
            # SECURITY: of two requests with one cookie only one renews it, and none after the session was ended:
            # another session would be valid that nobody sees and nobody ends.
            if not Session.objects.filter(session_key=before).delete()[0]:
                return
            request.session.cycle_key()
        log.info("The session has a new key, because the rights have changed")
        session_renewed.send(SiteSessionMiddleware, before=before, now=request.session.session_key)
    request.session[RIGHTS] = rights


def permitted_choice(request: HttpRequest) -> SiteEntry | None:
    """The chosen site, if it exists and the signed-in user may work on it now; any other choice is dropped."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None  # reading an absent session would make every page vary by cookie
    value = request.session.get(CHOICE)
    if value is None:
        return None
    entry = directory.snapshot().sites.get(value) if type(value) is int else None
    if entry is not None and entry.state != ARCHIVED and may_work_on(request.user, entry.id):
        return entry
    log.info("Dropped the session's choice of a site that does not exist or is not permitted")
    del request.session[CHOICE]
    return None


def choose(request: HttpRequest, site: SiteEntry) -> None:
    """Stores a permitted choice; the host's own site needs no entry."""
    if site.id == tenancy_of(request).host_site.id:
        request.session.pop(CHOICE, None)
    else:
        request.session[CHOICE] = site.id
