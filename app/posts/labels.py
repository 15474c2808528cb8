"""What posts are sorted by: categories, tags and authors. Each has a page with its posts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from app.publishing.slugs import free_slug, normalised, slug_of, validate_slug
from app.publishing.stored import take_stored
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


def clean_slug(row: Any, text: str) -> None:
    """As `set_slug()`, for a form: a slug that the text gives as well was not chosen, so it gets a number if taken."""
    made = slug_of(text, LONGEST_SLUG)
    if normalised(row.slug) == made and (made in row.reserved_slugs or _others(row).filter(slug=made).exists()):
        row.slug = ""
    set_slug(row, text)


def refuse_slug_of_another(row: Any) -> None:
    """Raises `ValidationError` with a link to the row that has the slug."""
    other = _others(row).filter(slug=row.slug).first()
    if other is not None:
        text, address = gettext("{} “{}” is at {}. Choose another one."), f"{row.address_prefix}{other.slug}/"
        message = format_html(text, str(UNIQUE), _link_to(other), address)
        raise ValidationError({"slug": ValidationError(message, code="taken")})


def key_of_name(name: str) -> str:
    """Equal for the spellings of one name, in any case of the letters."""
    return unicodedata.normalize("NFKC", name).casefold()


def _others(row: Any) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = type(row).objects.exclude(pk=row.pk)
    return rows


def _link_to(row: Any) -> str:
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row)


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
    #: Whether a site has a name once. Two people may have the same name.
    has_unique_names: ClassVar[bool] = True

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
        clean_slug(self, self.name)
        self._refuse_name_of_another()

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        # Before the constraint, whose message names no row and belongs to no field.
        if "slug" not in (exclude or ()):
            refuse_slug_of_another(self)
        super().validate_constraints(exclude)

    def derive(self) -> None:
        set_slug(self, self.name)

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        lock_site()
        before = stored_slug(self)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"]}
            take_stored(self, self.saved_one_by_one, kwargs["update_fields"])
            kwargs["update_fields"] |= {"slug"}
        self.derive()
        super().save(**kwargs)
        if before is not None and before != self.slug:
            # Visitors see a label from the start.
            redirect_from(before, self, self.address_prefix, seen=Q(), shown=Q())

    @property
    def address_prefix(self) -> str:
        return f"{BLOG}{self.kind}/"

    def _refuse_name_of_another(self) -> None:
        if not self.has_unique_names:
            return
        # SQLite ignores the case of ASCII letters only; most slugs are made of the name.
        alike = Q(name__iexact=self.name) | Q(slug__startswith=slug_of(self.name, LONGEST_SLUG - 8))
        for other in _others(self).filter(alike):
            if key_of_name(other.name) == key_of_name(self.name):
                text = gettext("There is a {} “{}”. Choose another name.")
                message = format_html(text, str(self._meta.verbose_name), _link_to(other))
                raise ValidationError({"name": ValidationError(message, code="taken")})


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
    has_unique_names = False
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
