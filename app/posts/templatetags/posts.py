"""The newest posts on any page of a theme, without a query until the site's content changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone

from app.posts.lists import listed
from app.posts.models import Category, Post
from app.tenancy.content_cache import cached_by_content
from app.tenancy.site_apps import is_on

register = template.Library()
MOST_POSTS = 20
MOST_LABELS = 50
MOST_MONTHS = 24


@register.simple_tag
def latest_posts(count: object = 3) -> list[dict[str, Any]]:
    """The newest posts: `title`, `url`, `excerpt`, `publish_at`, `author` and `image` (`src` and `alt`, or None);
    none where the blog is off."""
    if not is_on("posts"):
        return []
    rows = cached_by_content("posts/latest", _latest)[: _limit(count)]
    return [{**row, "publish_at": datetime.fromisoformat(row["publish_at"])} for row in rows]


@register.simple_tag
def post_categories() -> list[dict[str, Any]]:
    """The categories that have posts, each with `name`, `url` and `count`."""
    return cached_by_content("posts/categories", _categories) if is_on("posts") else []


@register.simple_tag
def post_months() -> list[dict[str, Any]]:
    """The newest months with posts, each with `month`, `url` and `count`."""
    if not is_on("posts"):
        return []
    return [
        {**row, "month": datetime.fromisoformat(row["month"])} for row in cached_by_content("posts/months", _months)
    ]


def _latest() -> list[dict[str, Any]]:
    return [
        {
            "title": post.title,
            "url": post.get_absolute_url(),
            "excerpt": post.excerpt,
            "publish_at": (post.publish_at or timezone.now()).isoformat(),
            "author": post.author.name if post.author else "",
            "image": {"src": post.image.get_absolute_url(), "alt": post.image.alt} if post.image else None,
        }
        for post in listed()[:MOST_POSTS]
    ]


def _categories() -> list[dict[str, Any]]:
    posts = Post.objects.published().values("pk")
    found = Category.objects.filter(posts__in=posts).annotate(count=Count("posts")).order_by("name", "pk")
    return [
        {"name": category.name, "url": category.get_absolute_url(), "count": category.count}
        for category in found[:MOST_LABELS]
    ]


def _months() -> list[dict[str, Any]]:
    posts = Post.objects.published().filter(publish_at__isnull=False).order_by()
    found = posts.values(month=TruncMonth("publish_at")).annotate(count=Count("pk")).order_by("-month")
    return [
        {
            "month": row["month"].isoformat(),
            "url": reverse("posts:month", args=[f"{row['month']:%Y}", f"{row['month']:%m}"]),
            "count": row["count"],
        }
        for row in found[:MOST_MONTHS]
    ]


def _limit(count: object) -> int:
    # A mistake in a template leaves out the posts, not the page.
    try:
        return min(max(int(str(count)), 0), MOST_POSTS)
    except ValueError:
        return 0
