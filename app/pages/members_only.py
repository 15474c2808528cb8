"""Pages for people with a role on the site (`Page.login_required`)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

from app.tenancy.current import current_site
from app.tenancy.people.permissions import may_work_on
from app.tenancy.requests.tenancy import tenancy_of


def redirect_unless_member(request: HttpRequest) -> HttpResponseRedirect | None:
    """A redirect to the sign-in, which leads back; None for a person with a role on the current site.

    Raises `Http404` on a host without a sign-in (`ADMIN_HOSTS`).
    """
    # Without a session cookie nobody is signed in.
    # SECURITY: a session is not enough: a person of another site may have one here.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and may_work_on(request.user, current_site().id):
        return None
    if not tenancy_of(request).offers_admin:
        raise Http404
    # SECURITY: the page itself is not in the response, and this one is not kept for others.
    response = redirect_to_login(request.get_full_path(), reverse("admin:login"))
    patch_cache_control(response, private=True, no_store=True)
    return response
