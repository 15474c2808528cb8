"""Atom and RSS feeds of the newest posts: of the blog, or of a category."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape
from django.utils.translation import gettext as _

from app.media.models import content_type_of
from app.posts.lists import listed, of_label
from app.posts.models import Category, Post
from app.tenancy.current import current_site

MOST_ITEMS = 20
#: Characters that XML cannot contain.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def feed_of(request: HttpRequest, slug: str, *, is_rss: bool) -> HttpResponse:
    """The feed of a category, or without a slug of the whole blog. Raises `Http404` without such a category."""
    category = get_object_or_404(Category, slug=slug) if slug else None
    # An instance for each request: addresses of pictures need the scheme, which Django does not pass on.
    feed = (RssFeed if is_rss else AtomFeed)(category, request.scheme or "http")
    return feed(request)


class _DatedByPosts(SyndicationFeed):
    """Of a feed without posts Django says that it changed now, so it would differ with each request."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)


class _Atom(_DatedByPosts, Atom1Feed):
    pass


class _Rss(_DatedByPosts, Rss201rev2Feed):
    pass


class AtomFeed(Feed[Post, None]):
    feed_type: type[SyndicationFeed] = _Atom

    def __init__(self, category: Category | None, scheme: str) -> None:
        self.category, self.scheme = category, scheme

    def title(self) -> str:
        name = current_site().name
        return _text(f"{self.category.name} · {name}" if self.category else name)

    def author_name(self) -> str:
        # Atom allows an entry without an author only in a feed that has one.
        return _text(current_site().name)

    def link(self) -> str:
        return self.category.get_absolute_url() if self.category else reverse("posts:list")

    def subtitle(self) -> str:
        return _text(self.category.description if self.category else _("The newest posts"))

    description = subtitle  # in RSS

    def items(self) -> Iterable[Post]:
        posts = of_label(self.category) if self.category else listed()
        return list(posts.prefetch_related("categories")[:MOST_ITEMS])

    def item_title(self, item: Post) -> str:
        return _text(item.title)

    def item_description(self, item: Post) -> str:
        return escape(_text(item.excerpt))  # readers take it for HTML

    def item_guid(self, item: Post) -> str:
        return item.feed_id or f"tag:{current_site().domain},2026:post-{item.pk}"

    item_guid_is_permalink = False

    def item_author_name(self, item: Post) -> str | None:
        return _text(item.author.name) if item.author else None

    def item_pubdate(self, item: Post) -> datetime | None:
        return item.publish_at

    def item_updateddate(self, item: Post) -> datetime | None:
        return item.modified_at

    def item_categories(self, item: Post) -> list[str]:
        return [_text(category.name) for category in item.categories.all()]

    def item_enclosures(self, item: Post) -> list[Enclosure]:
        if item.image is None or item.image.is_private:
            return []
        address = f"{self.scheme}://{current_site().domain}{item.image.get_absolute_url()}"
        return [Enclosure(address, str(item.image.size), content_type_of(str(item.image.file.name))[0])]


class RssFeed(AtomFeed):
    feed_type = _Rss


def _text(value: str) -> str:
    return _NOT_IN_XML.sub("", value)
