from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import resolve
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from app.pagecache.views import page_cached
from app.pages.kinds import permission, query_keys
from app.pages.members_only import redirect_unless_member
from app.pages.models import Page, find_published
from app.publishing.previews.edit_link import offer_edit_link

# What a stored page is found by is decided before it is known which kind of page it is.
QUERY_KEYS = query_keys()


@require_safe
@page_cached(query=QUERY_KEYS)
def show(request: HttpRequest, path: str) -> HttpResponse:
    """The published page at a path. Users who may edit pages on this site also get a draft. A page for signed-in
    people sends others to the sign-in.

    The home page of a site that has published nothing yet is a welcome page.
    """
    page = find_published(f"/{path}")
    if page is None and _needs_slash(path):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"/{quote(path)}/{'?' if query else ''}{query}")
    draft = page is None
    if page is None:
        page = _draft(request, path)
    if page is None:
        if path or Page.objects.filter(status=Page.Status.PUBLISHED).exists():
            raise Http404
        response = render(request, "pages/welcome.html")
        patch_cache_control(response, no_store=True)
        return response
    redirect = redirect_unless_member(request) if page.login_required else None
    if redirect is not None:
        return redirect
    page = page.as_kind()
    may_edit = offer_edit_link(request, page)
    response = page.serve(request, is_draft=draft)
    if draft or may_edit or page.login_required or not page.page_cache:
        patch_cache_control(response, private=True, no_store=True)
    elif _has_keys_of_another_kind(request, page):
        patch_cache_control(response, no_cache=True)  # a visitor could have this page stored any number of times
    if draft or page.login_required or not page.in_sitemap:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _has_keys_of_another_kind(request: HttpRequest, page: Page) -> bool:
    try:
        return bool(QUERY_KEYS.intersection(request.GET) - set(page.cached_query))
    except TooManyFieldsSent:
        return True  # more keys than Django reads; no page needs them


def _needs_slash(path: str) -> bool:
    """Whether a slash is missing: then another view, or a page, has the address with one.

    Pages match every path, so Django's APPEND_SLASH never applies.
    """
    if not path or path.endswith("/"):
        return False
    return resolve(f"/{path}/").func is not show or find_published(f"/{path}/") is not None


def _draft(request: HttpRequest, path: str) -> Page | None:
    # Without a session cookie nobody is signed in, and a visitor's 404 starts no session.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    draft: Page | None = Page.objects.filter(path=f"/{path}").first()
    return draft if draft is not None and request.user.has_perm(permission("change", draft.kind)) else None
