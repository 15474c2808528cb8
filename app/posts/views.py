from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from app.pagecache.views import page_cached
from app.posts.addresses import LABELS
from app.posts.around import Around, around
from app.posts.feeds import feed_of
from app.posts.lists import (
    Archive,
    archive_of_all,
    archive_of_label,
    archive_of_month,
    listed,
    of_label,
    of_month,
    page_of,
)
from app.posts.models import Post
from app.publishing.models import PublishableQuerySet
from app.publishing.previews.edit_link import offer_edit_link

#: A list of all posts, or of a category, may be empty. A tag or an author appears with the first post that has it.
MAY_BE_EMPTY = ("all", "category")


@require_safe
@page_cached(query={"page"})
def all_posts(request: HttpRequest) -> HttpResponse:
    return _list(request, archive_of_all(), listed())


@require_safe
@page_cached(query={"page"})
def with_label(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    label = get_object_or_404(LABELS[kind], slug=slug)
    return _list(request, archive_of_label(label), of_label(label))


@require_safe
@page_cached(query={"page"})
def of_a_month(request: HttpRequest, year: str, month: str) -> HttpResponse:
    return _list(request, archive_of_month(int(year), int(month)), of_month(int(year), int(month)))


@require_safe
@page_cached()
def feed(request: HttpRequest, slug: str = "", is_rss: bool = False) -> HttpResponse:
    return feed_of(request, slug, is_rss=is_rss)


@require_safe
@page_cached()
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The published post with a slug. Users who may edit posts on this site also get a draft."""
    rows = Post.objects.select_related("author", "image")
    post = rows.published().filter(slug=slug).first()
    is_draft = post is None
    if post is None and _may_see_drafts(request):
        post = rows.filter(slug=slug).first()
    if post is None:
        raise Http404
    may_edit = offer_edit_link(request, post)
    response = page_of_post(request, post, is_draft=is_draft)
    if is_draft or may_edit:
        patch_cache_control(response, private=True, no_store=True)
    if is_draft or not post.in_sitemap:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def page_of_post(request: HttpRequest, post: Post, *, is_draft: bool = False) -> HttpResponse:
    """The page of a post, saved or not."""
    beside = around(post) if post.pk else Around()
    return render(request, "posts/post.html", {"post": post, "is_draft": is_draft, "around": beside})


def _may_see_drafts(request: HttpRequest) -> bool:
    # Without a session cookie nobody is signed in, and a visitor's 404 starts no session.
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_session and request.user.is_authenticated and request.user.has_perm("posts.change_post")


def _list(request: HttpRequest, archive: Archive, posts: PublishableQuerySet) -> HttpResponse:
    page = page_of(posts, request.GET.get("page", "1"))
    if not page.object_list and archive.kind not in MAY_BE_EMPTY:
        raise Http404
    return render(request, "posts/list.html", {"archive": archive, "pagination": page, "posts": page.object_list})
