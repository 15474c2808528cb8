"""Sessions are worth something only on the site that they were made on."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

MADE_ON = "_made_on_site"


class SiteSessionMiddleware(SessionMiddleware):
    """Django's session middleware; a cookie that was made on one site opens no session on another."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        if not request.COOKIES[settings.SESSION_COOKIE_NAME].isalnum():
            # No key that Django made; PostgreSQL would refuse to look for one with a null in it.
            request.session = self.SessionStore()
            return
        made_on = request.session.get(MADE_ON)
        # SECURITY: Django binds a session to no host; without this a cookie of one site, replayed on another,
        # signs its owner in there. The session itself is left alone: its rightful site still has it.
        if made_on is None and not request.session.is_empty():
            request.session[MADE_ON] = _site_id(request)
        elif made_on is not None and made_on != _site_id(request):
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:  # type: ignore[override]
        session = request.session
        if session.modified and not session.is_empty() and MADE_ON not in session:
            session[MADE_ON] = _site_id(request)
        return super().process_response(request, response)  # type: ignore[arg-type]


def _site_id(request: HttpRequest) -> int:
    return request.host_site.id  # type: ignore[attr-defined,no-any-return]  # set by HostMiddleware
