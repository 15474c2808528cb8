"""What posts are sorted by: categories, tags and authors. Each has a page with its posts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from app.publishing.slugs import free_slug, normalised, slug_of, validate_slug
from app.redirects.moves import record_move
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.models import SiteRelated

BLOG = "/blog/"
LONGEST_NAME = 80
LONGEST_SLUG = 80
UNIQUE = _("Another one of this site has this slug.")


def set_slug(row: Any, text: str) -> None:
    """Gives a row without a slug a free one, made of a text. Raises `ValidationError` for a slug that is none."""
    row.slug = normalised(row.slug)
    if not row.slug:
        made = slug_of(text, LONGEST_SLUG)
        if not made:
            raise ValidationError({"slug": _("Enter a slug: one cannot be made of this text.")})
        rows = type(row).objects.filter(slug__startswith=made[: LONGEST_SLUG - 8]).exclude(pk=row.pk)
        row.slug = free_slug(made, {*rows.values_list("slug", flat=True), *row.reserved_slugs}, LONGEST_SLUG)
    if "/" in row.slug:
        raise ValidationError({"slug": _("A slug has no slash.")})


def stored_slug(row: Any) -> str | None:
    if row.pk is None:
        return None
    slug: str | None = type(row).objects.filter(pk=row.pk).values_list("slug", flat=True).first()
    return slug


def redirect_from(before: str, row: Any, prefix: str, *, seen: Q, shown: Q) -> None:
    """After the slug of a row has changed. For `seen` and `shown`, see `record_move()`."""
    moved = type(row).objects.filter(pk=row.pk).annotate(path=Concat(Value(prefix), "slug", Value("/")))
    record_move(moved, before=f"{prefix}{before}/", after=f"{prefix}{row.slug}/", seen=seen, shown=shown)


class Label(SiteRelated):
    """Has a name and a page of its own, `/blog/<kind>/<slug>/`."""

    #: The part of the address below /blog/, and the name of the URL.
    kind: ClassVar[str]
    reserved_slugs: ClassVar[frozenset[str]] = frozenset()

    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    slug = models.CharField(
        _("slug"),
        max_length=LONGEST_SLUG,
        blank=True,
        validators=[validate_slug],
        help_text=_("The part of the address, in any script. Empty: made from the name."),
    )
    description = models.TextField(
        _("description"), max_length=500, blank=True, help_text=_("Above the list of posts, and for search engines.")
    )

    saved_one_by_one = frozenset({"slug", "name"})

    class Meta:
        abstract = True
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse(f"posts:{self.kind}", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        set_slug(self, self.name)

    def derive(self) -> None:
        set_slug(self, self.name)

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        lock_site()
        before = stored_slug(self)
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "slug"}
        super().save(**kwargs)
        if before is not None and before != self.slug:
            # Visitors see a label from the start.
            redirect_from(before, self, f"{BLOG}{self.kind}/", seen=Q(), shown=Q())


class Category(Label):
    """One of the few subjects of a site."""

    kind = "category"
    # Categories are the plan of a site: an Author chooses among them.
    role_actions = {**SiteRelated.role_actions, "Author": ("view",)}

    class Meta(Label.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "slug"], name="one_category_per_site_and_slug", violation_error_message=UNIQUE
            )
        ]


class Tag(Label):
    """A word that an author gives a post."""

    kind = "tag"
    role_actions = {**SiteRelated.role_actions, "Author": ("view", "add")}

    class Meta(Label.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "slug"], name="one_tag_per_site_and_slug", violation_error_message=UNIQUE
            )
        ]


class Author(Label):
    """Whose name is at a post: what visitors read, and nothing of an account.

    A person who may no longer edit the site, or has never had an account, can be an author too.
    """

    kind = "author"
    role_actions = {**SiteRelated.role_actions, "Author": ("view",)}

    #: Whose new posts get this author. Set when a person saves her first post; visitors do not see it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta(Label.Meta):
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "slug"], name="one_author_per_site_and_slug", violation_error_message=UNIQUE
            ),
            models.UniqueConstraint(fields=["site", "user"], name="one_author_per_site_and_user"),
        ]
