"""Posts for `manage.py themes check`. None of them is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

from app.posts.around import Around, Link
from app.posts.labels import Author, Category
from app.posts.lists import PER_PAGE, archive_of_all, archive_of_label
from app.posts.models import Post
from app.themes.samples import Sample


def _post(number: int) -> Post:
    now, author = timezone.now(), Author(name="An author", slug="an-author")
    values = {"title": f"Post {number}", "slug": f"post-{number}", "publish_at": now, "updated_at": now}
    # A key, because an instance without one has no relations; no row has this one.
    return Post(pk=0, **values, author=author, excerpt="The first words.", body="<p>The first words.</p>")


def _list(count: int, kind: str = "all") -> Mapping[str, Any]:
    page = Paginator([_post(number) for number in range(1, count + 1)], PER_PAGE).page(1)
    category = Category(name="News", slug="news", description="What is new.")
    archive = archive_of_all() if kind == "all" else archive_of_label(category)
    return {"archive": archive, "pagination": page, "posts": page.object_list}


def _page(*, is_draft: bool) -> Mapping[str, Any]:
    link = Link("Another post", "/blog/another-post/")
    return {"post": _post(1), "is_draft": is_draft, "around": Around([link], [link], link, link, [link])}


def samples() -> Iterator[Sample]:
    yield Sample("list of posts", "posts/list.html", lambda: _list(PER_PAGE + 1), "/blog/")
    yield Sample("empty list of posts", "posts/list.html", lambda: _list(0), "/blog/")
    yield Sample("posts of a category", "posts/list.html", lambda: _list(2, "category"), "/blog/category/news/")
    yield Sample("post", "posts/post.html", lambda: _page(is_draft=False), "/blog/post-1/")
    yield Sample("draft of a post", "posts/post.html", lambda: _page(is_draft=True), "/blog/post-1/")
