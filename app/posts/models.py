"""Posts: what a site publishes by date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from html import unescape
from typing import Any, ClassVar, cast
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from app.media.markup import markup_of
from app.media.models import MediaFile
from app.posts.labels import (
    BLOG,
    LONGEST_SLUG,
    UNIQUE,
    Author,
    Category,
    Label,
    Tag,
    clean_slug,
    redirect_from,
    refuse_slug_of_another,
    set_slug,
    stored_slug,
)
from app.publishing.described import Described, modified_at
from app.publishing.models import Publishable, seen_before, was_visible
from app.publishing.rich_text import RichTextField, sanitise
from app.publishing.slugs import validate_slug
from app.publishing.stored import take_stored
from app.tenancy.isolation.content_version import lock_site

__all__ = ["Author", "Category", "Label", "Post", "Tag"]

#: Of the text, for lists and feeds.
OPENING_WORDS = 40
#: The opening is in the first part of a text of up to 300 KB.
OPENING_SEARCHED = 20_000
_NO_SENTENCE = re.compile(r"<(figure|h[1-6])>.*?</\1>", re.DOTALL)


def new_feed_id() -> str:
    return uuid4().urn


class Post(Publishable, Described):
    """A post of a site at `/blog/<slug>/`. Published without a time, it gets the time at which it was saved, unless it
    has expired by then."""

    #: `/blog/feed/` is the feed; the others begin the addresses of lists.
    address_prefix: ClassVar[str] = BLOG
    reserved_slugs: ClassVar[frozenset[str]] = frozenset({"feed", "category", "tag", "author"})

    title = models.CharField(_("title"), max_length=200)
    slug = models.CharField(
        _("slug"),
        max_length=LONGEST_SLUG,
        blank=True,
        validators=[validate_slug],
        help_text=_("The post's part of the address, in any script. Empty: made from the title."),
    )
    summary = models.TextField(
        _("summary"),
        max_length=500,
        blank=True,
        help_text=_("For lists, feeds and link previews. Empty: the first words of the text."),
    )
    body = RichTextField(_("body"), blank=True)
    #: The summary, or the first words of the text: lists do not load the text.
    excerpt = models.TextField(editable=False, default="")
    # Restricted, not protected: with its site, an author or a picture goes in any order.
    author = models.ForeignKey(
        Author,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("author"),
        help_text=_("The name that visitors read. Empty in a new post: you, by the name of your account."),
    )
    categories = models.ManyToManyField(Category, blank=True, related_name="posts", verbose_name=_("categories"))
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts", verbose_name=_("tags"))
    image = models.ForeignKey(
        MediaFile,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind": MediaFile.Kind.PICTURE.value, "is_private": False},
        verbose_name=_("featured picture"),
        help_text=_("Above the text, in lists and in link previews. Choose it in the media library."),
    )

    # What readers of feeds know the post by: with another one they would show it as new. Empty if a pod of a release
    # without this field added the row during an upgrade.
    feed_id = models.CharField(max_length=300, editable=False, default=new_feed_id, db_default="")

    #: The fields that `derive()` reads or sets.
    derived_from: ClassVar[tuple[str, ...]] = ("slug", "title", "summary", "body", "status", "publish_at", "expire_at")
    saved_one_by_one = frozenset(derived_from)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-publish_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "slug"], name="one_post_per_site_and_slug", violation_error_message=UNIQUE
            )
        ]
        indexes = [models.Index(fields=["site", "status", "-publish_at", "-id"], name="posts_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("posts:post", args=[self.slug])

    @property
    def meta_description(self) -> str:
        """For search engines and link previews."""
        return self.description or self.excerpt

    @property
    def modified_at(self) -> datetime | None:
        """When what visitors see changed last."""
        return modified_at(self)

    @property
    def picture(self) -> SafeString:
        """The featured picture in all its sizes; empty without one."""
        if self.image is None:
            return SafeString()
        # Made of an address that was read, and of escaped text.
        return mark_safe(markup_of(src=self.image.get_absolute_url(), alt=self.image.alt))  # noqa: S308

    def clean(self) -> None:
        super().clean()
        clean_slug(self, self.title)
        self._refuse_reserved_slug()

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        # Before the constraint, whose message names no row and belongs to no field.
        if "slug" not in (exclude or ()):
            refuse_slug_of_another(self)
        super().validate_constraints(exclude)

    def derive(self) -> None:
        set_slug(self, self.title)
        self._refuse_reserved_slug()
        body = sanitise(cast("str", self.body))
        vars(self).update(body=body)  # the field does not sanitise it a second time
        self.excerpt = self.summary.strip() or opening_of(body)
        now = timezone.now()
        # Nobody sees a post that has expired already, and a post cannot expire before it is published.
        has_expired = isinstance(self.expire_at, datetime) and self.expire_at <= now
        if self.is_published and self.publish_at is None and not has_expired:
            self.publish_at = now

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Saves the post and, when its slug changed, a redirect from its old address.

        With `update_fields`, what is derived follows from the stored values of the fields that are not among them.
        Raises `ValidationError` for a slug that is not possible.
        """
        lock_site()
        before = stored_slug(self)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"]}
            take_stored(self, self.derived_from, kwargs["update_fields"])
            kwargs["update_fields"] |= {"slug", "excerpt", "publish_at", "updated_at"}
        self.derive()
        if before is None or before == self.slug:
            super().save(**kwargs)
            return
        shown = was_visible(timezone.now())
        seen = seen_before(self, itself=Post.objects.filter(shown, pk=self.pk).exists())
        super().save(**kwargs)
        redirect_from(before, self, self.address_prefix, seen=seen, shown=shown)

    def _refuse_reserved_slug(self) -> None:
        if self.slug in self.reserved_slugs:
            message = _("The blog itself uses the address of this slug. Choose another one.")
            raise ValidationError({"slug": message})


def opening_of(html: str) -> str:
    """The first words of sanitised HTML, as plain text, without headings and captions."""
    text = strip_tags(_NO_SENTENCE.sub(" ", html[:OPENING_SEARCHED]).replace("<", " <"))
    return Truncator(" ".join(unescape(text).split())).words(OPENING_WORDS, truncate="\u2026")
