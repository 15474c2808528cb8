"""The lists of posts: all, and those of a category, a tag, an author or a month. Each is two queries."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from app.posts.labels import Category, Label
from app.posts.models import Post
from app.publishing.models import PublishableQuerySet

PER_PAGE = 10
NEWEST = ("-publish_at", "-pk")
#: One spelling of each number: every address is stored by the page cache.
_NUMBER = re.compile("[1-9][0-9]{0,5}")


@dataclass(frozen=True)
class Archive:
    """A list of posts. `kind` is `all`, `category`, `tag`, `author` or `month`; `feed` is the address of its feed."""

    kind: str
    title: str
    url: str
    feed: str
    description: str = ""


def listed() -> PublishableQuerySet:
    """The posts that visitors see now, the newest first, with what a list shows of them."""
    found: PublishableQuerySet = (
        Post.objects.published().select_related("author", "image").defer("body").order_by(*NEWEST)
    )
    return found


def of_label(label: Label) -> PublishableQuerySet:
    field = {"category": "categories", "tag": "tags", "author": "author"}[label.kind]
    found: PublishableQuerySet = listed().filter(**{field: label})
    return found


def of_month(year: int, month: int) -> PublishableQuerySet:
    start, end = _month(year, month), _month(year + month // 12, month % 12 + 1)
    found: PublishableQuerySet = listed().filter(publish_at__gte=start, publish_at__lt=end)
    return found


def archive_of_all() -> Archive:
    return Archive("all", _("Blog"), reverse("posts:list"), reverse("posts:feed"))


def archive_of_label(label: Label) -> Archive:
    feed = reverse("posts:category-feed", args=[label.slug]) if isinstance(label, Category) else reverse("posts:feed")
    return Archive(label.kind, label.name, label.get_absolute_url(), feed, label.description)


def archive_of_month(year: int, month: int) -> Archive:
    title = date_format(_month(year, month), "YEAR_MONTH_FORMAT")
    return Archive("month", title, reverse("posts:month", args=[f"{year:04}", f"{month:02}"]), reverse("posts:feed"))


def page_of(posts: PublishableQuerySet, number: str) -> Page[Post]:
    """A page of a list. Raises `Http404` for a number that is none, or has no posts; the first one may be empty."""
    if not _NUMBER.fullmatch(number):
        raise Http404
    try:
        page: Page[Post] = Paginator(posts, PER_PAGE).page(number)
    except InvalidPage:
        raise Http404 from None
    page.object_list = list(page.object_list)
    return page


def _month(year: int, month: int) -> dt.datetime:
    return timezone.make_aware(dt.datetime(year, month, 1))
