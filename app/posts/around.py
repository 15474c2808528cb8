"""What is beside a post on its page, in one query: its categories and tags, its neighbours, and related posts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Count, DateTimeField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse

from app.media.names import address_of
from app.posts.lists import NEWEST
from app.posts.models import Category, Post, Tag

MOST_RELATED = 3
#: Related posts are searched among so many of the newest ones, so the cost does not grow with the blog.
SEARCHED = 500
CATEGORY, TAG, PREVIOUS, NEXT, RELATED = range(5)


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    #: Of a post with a featured picture: `src` and `alt`.
    image: dict[str, str] | None = None


@dataclass
class Around:
    categories: list[Link] = field(default_factory=list)
    tags: list[Link] = field(default_factory=list)
    #: The older and the newer post; None at an end of the blog.
    previous: Link | None = None
    next: Link | None = None
    #: Those that share most categories and tags with the post.
    related: list[Link] = field(default_factory=list)


def around(post: Post) -> Around:
    rows = sorted(_rows(post), key=lambda row: (row[0], row[1].casefold()))
    found = Around()
    newest_first = sorted((row for row in rows if row[0] == RELATED), key=lambda row: row[3], reverse=True)
    found.related = [_post(row) for row in newest_first]
    for row in rows:
        match row[0]:
            case 0:
                found.categories.append(Link(row[1], reverse("posts:category", args=[row[2]])))
            case 1:
                found.tags.append(Link(row[1], reverse("posts:tag", args=[row[2]])))
            case 2:
                found.previous = _post(row)
            case 3:
                found.next = _post(row)
    return found


def _post(row: Any) -> Link:
    image = {"src": address_of(row[4]), "alt": row[5]} if row[4] else None
    return Link(row[1], reverse("posts:post", args=[row[2]]), image)


def _rows(post: Post) -> list[Any]:
    """Rows of a kind, a text, a slug, a time, and the file and the alternative text of a picture."""
    nothing = Value("", CharField())
    labels = [
        _selected(
            kind, model.objects.filter(posts=post.pk), "name", Cast(Value(None), DateTimeField()), (nothing, nothing)
        )
        for kind, model in ((CATEGORY, Category), (TAG, Tag))
    ]
    posts = [
        _selected(kind, Post.objects.filter(pk__in=keys), "title", F("publish_at"), (F("image__file"), F("image__alt")))
        for kind, keys in ((PREVIOUS, _before(post)), (NEXT, _after(post)), (RELATED, _related(post)))
        if keys is not None
    ]
    first, *others = [*posts, *labels]
    return list(first.union(*others, all=True))


def _selected(kind: int, rows: QuerySet[Any], text: str, time: Any, picture: tuple[Any, Any]) -> QuerySet[Any]:
    names = {"row_kind": Value(kind, IntegerField()), "row_text": F(text), "row_time": time}
    found = rows.order_by().annotate(**names, row_file=picture[0], row_alt=picture[1])
    columns: QuerySet[Any] = found.values_list("row_kind", "row_text", "slug", "row_time", "row_file", "row_alt")
    return columns


def _before(post: Post) -> Any:
    if post.publish_at is None:
        return None
    same = Q(publish_at=post.publish_at, pk__lt=post.pk)
    older = Post.objects.published().filter(Q(publish_at__lt=post.publish_at) | same, publish_at__lte=post.publish_at)
    return older.order_by("-publish_at", "-pk").values("pk")[:1]


def _after(post: Post) -> Any:
    if post.publish_at is None:
        return None
    same = Q(publish_at=post.publish_at, pk__gt=post.pk)
    newer = Post.objects.published().filter(Q(publish_at__gt=post.publish_at) | same, publish_at__gte=post.publish_at)
    return newer.order_by("publish_at", "pk").values("pk")[:1]


def _related(post: Post) -> Any:
    newest = Post.objects.published().order_by(*NEWEST).values("pk")[:SEARCHED]
    shared = {
        f"shared_{name}": Count(name, filter=Q(**{f"{name}__in": _labels_of(post, name)}), distinct=True)
        for name in ("categories", "tags")
    }
    found = Post.objects.filter(pk__in=newest).exclude(pk=post.pk).annotate(**shared)
    found = found.annotate(shared=F("shared_categories") + F("shared_tags")).filter(shared__gt=0)
    return found.order_by("-shared", *NEWEST).values("pk")[:MOST_RELATED]


def _labels_of(post: Post, name: str) -> QuerySet[Any]:
    field: Any = Post._meta.get_field(name)
    # The table of links: a join with the posts of a label would read all of them.
    keys: QuerySet[Any] = field.remote_field.through.objects.filter(post=post.pk).values(field.m2m_reverse_name())
    return keys
