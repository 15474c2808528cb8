"""Pages: a tree per site, of the standard page and of other kinds. The path of a page is stored, so that one indexed
query finds it; its kind too, so that a second one finds the rest of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Left, Length, Substr
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from app.media.models import MediaFile
from app.pages.addresses import app_at
from app.pages.deletion import keep_what_is_below
from app.pages.kinds import label_of, refusal_of_place
from app.pages.page_kind import PageKind
from app.pages.slugs import normalised, slug_of, validate_slug
from app.publishing.models import Publishable, was_visible
from app.publishing.rich_text import RichTextField
from app.redirects.moves import record_move
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.isolation.prepared import Parameter, PreparedQuery

HOME = "/"
LONGEST_SLUG = 80
LONGEST_PATH = 500
BELOW = """WITH RECURSIVE below (id) AS (
    SELECT id FROM pages_page WHERE parent_id = %s
    UNION SELECT child.id FROM pages_page child JOIN below ON child.parent_id = below.id
) SELECT id FROM below"""


class Stored(NamedTuple):
    """What the database has of a page: an instance may be old."""

    path: str
    kind: str
    parent_id: int | None


class Page(Publishable, PageKind):
    """A page of a site. `path` is built from the slugs of its parents; the page with the path `/` is the home page.

    A subclass with a table of its own is another kind of page.
    """

    # Restricted, not protected: with its site, a page goes in any order.
    parent = models.ForeignKey(
        "self", on_delete=keep_what_is_below, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Lower numbers come first."))
    title = models.CharField(_("title"), max_length=200)
    slug = models.CharField(
        _("slug"),
        max_length=LONGEST_SLUG,
        blank=True,
        validators=[validate_slug],
        help_text=_(
            "The page's part of the address, in any script. Empty below another page: made from the title. "
            "Empty without a parent: this will be the home page."
        ),
    )
    path = models.CharField(_("path"), max_length=LONGEST_PATH, editable=False)
    body = RichTextField(_("body"), blank=True)
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("For search engines and link previews.")
    )
    # Restricted, not protected: with its site, a picture goes in any order.
    image = models.ForeignKey(
        MediaFile,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind": MediaFile.Kind.PICTURE.value, "is_private": False},
        verbose_name=_("picture"),
        help_text=_("For link previews. Choose it in the media library."),
    )
    in_menus = models.BooleanField(_("show in menus"), default=True)
    # The default is in the database too: during an upgrade, pods of the last release still add pages.
    in_sitemap = models.BooleanField(
        _("list for search engines"), default=True, db_default=True, help_text=_("In /sitemap.xml.")
    )
    #: Empty for pages that were saved last before there was this field.
    updated_at = models.DateTimeField(_("last change"), auto_now=True, null=True)

    unversioned = frozenset({"position"})
    saved_one_by_one = frozenset({"slug", "parent", "parent_id", "path", "kind"})

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "path"],
                name="one_page_per_site_and_path",
                violation_error_message=_("Another page of this site has this address."),
            )
        ]
        indexes = [models.Index(fields=["site", "parent", "position"], name="pages_tree")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return iri_to_uri(self.path)

    def clean(self) -> None:
        super().clean()
        stored = self._stored()
        self._refuse_to_be_below_itself()
        self._refuse_place(stored)
        if self.parent_id is not None and not self.slug:
            self.slug = slug_of(self.title, LONGEST_SLUG)
            if not self.slug:
                raise ValidationError({"slug": _("This page needs a slug.")})
        self._set_path(stored)
        if self.path == HOME and Page.objects.filter(path=HOME).exclude(pk=self.pk).exists():
            message = _("Without a slug this would be the home page, and this site has one. Enter a slug.")
            raise ValidationError({"slug": message})
        before = _path_of(stored.get(self.pk))
        if self.path != before:
            self._refuse_address_of_an_app()
        self._refuse_addresses_below(before)

    def derive(self) -> None:
        parent = self.parent
        self.kind = label_of(type(self))
        stored = {} if parent is None else {parent.pk: Stored(parent.path, parent.kind, parent.parent_id)}
        self._refuse_place(stored)
        self._set_path(stored)

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Saves the page and, when its path changed, moves all pages below it by one statement.

        Raises `ValidationError` when the page would be below itself or where its kind may not be, or an address would
        not be possible.
        """
        # Without the lock two editors could each move a page under the other's.
        lock_site()
        stored = self._stored()
        known = stored.get(self.pk)
        before = _path_of(known)
        self.kind = known.kind if known is not None else label_of(type(self))
        self._refuse_to_be_below_itself()
        if self._refusal_of_place(stored):
            # SECURITY: what another site has does not exist here, so this is the first error.
            self.refuse_other_sites()
        self._refuse_place(stored)
        self._set_path(stored)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "path", "updated_at"}
        if self.path != before:
            self._refuse_addresses_below(before)
        super().save(**kwargs)
        if before is not None and self.path != before:
            self._move_pages_below(before)
            record_move(self._and_below(), before=before, after=self.path, seen=was_visible(timezone.now()))

    def whole(self) -> Page:
        return self.as_kind()

    def _stored(self) -> dict[int, Stored]:
        """This page and its parent in the database, by their keys."""
        keys = {key for key in (self.pk, self.parent_id) if key is not None}
        rows = Page.objects.filter(pk__in=keys).values_list("pk", *Stored._fields) if keys else ()
        return {pk: Stored(*values) for pk, *values in rows}

    def _parent_in(self, stored: Mapping[int, Stored]) -> Stored | None:
        return None if self.parent_id is None else stored.get(self.parent_id)

    def _refuse_place(self, stored: Mapping[int, Stored]) -> None:
        refusal = self._refusal_of_place(stored)
        if refusal:
            raise ValidationError({"parent": refusal})

    def _refusal_of_place(self, stored: Mapping[int, Stored]) -> str | Promise:
        """Why a page of this kind may not be there; empty if it may, or stays where it is."""
        known, parent = stored.get(self.pk), self._parent_in(stored)
        if known is not None and known.parent_id == self.parent_id:
            return ""
        kind = known.kind if known is not None else label_of(type(self))
        return refusal_of_place(kind, parent.kind if parent is not None else None)

    def _set_path(self, stored: Mapping[int, Stored]) -> None:
        if self._state.adding and self.path == HOME:
            self.slug = ""  # created as the home page by its path
        self.slug = normalised(self.slug)
        if "/" in self.slug:
            raise ValidationError({"slug": _("A slug has no slash.")})
        parent = self._parent_in(stored)
        prefix = parent.path if parent is not None else HOME
        self.path = f"{prefix}{self.slug}/" if self.slug else prefix

    def _refuse_address_of_an_app(self) -> None:
        app = app_at(self.path)
        if app:
            message = _("Nobody would see a page at %(path)s: the address belongs to “%(app)s”. Choose another slug.")
            raise ValidationError({"slug": ValidationError(message, params={"path": self.path, "app": app})})

    def _refuse_to_be_below_itself(self) -> None:
        if self.pk is None or self.parent_id is None:
            return
        if self.parent_id == self.pk or pages_below(self.pk).filter(pk=self.parent_id).exists():
            raise ValidationError({"parent": _("A page cannot be below itself.")})

    def _refuse_addresses_below(self, before: str | None) -> None:
        """Raises `ValidationError` if an address on or below this page would be too long, or is another page's."""
        longest, below = len(self.path), pages_below(self.pk)
        if before is not None and len(self.path) > len(before):
            found = below.aggregate(longest=Max(Length("path")))["longest"] or 0
            longest = max(longest, found + len(self.path) - len(before))
        if longest > LONGEST_PATH:
            raise ValidationError({"slug": _("An address on or below this page would be longer than 500 characters.")})
        if before is not None and before != self.path == HOME:
            # Only the new home page's children come to lie beside pages that are there already.
            moved = below.annotate(moved=_moved(before, self.path)).values("moved")
            others = Page.objects.exclude(pk=self.pk).exclude(pk__in=below.values("pk"))
            taken = others.filter(path__in=moved).values_list("path", flat=True).first()
            if taken:
                message = _("A page below this one would get the address %(path)s, which another page has.")
                raise ValidationError({"slug": ValidationError(message, params={"path": taken})})

    def _and_below(self) -> models.QuerySet[Page]:
        pages: models.QuerySet[Page] = Page.objects.all()
        if self.path == HOME:  # with which every path begins
            return pages.filter(models.Q(pk=self.pk) | _is_below(self.pk))
        return pages.alias(start=Left("path", len(self.path))).filter(start=self.path)

    def _move_pages_below(self, before: str) -> None:
        # A plain queryset: the one of `objects` saves each page, because a path follows from other fields.
        below: models.QuerySet[Page] = models.QuerySet(Page, pages_below(self.pk).query)
        if before.startswith(self.path):
            # A page could get an address that another one of them still has, so all of them leave theirs first.
            below.update(path=Concat(Value("*"), Substr("path", 2)))
        below.update(path=_moved(before, self.path))


published_page: PreparedQuery[Page] = PreparedQuery(
    lambda: Page.objects.published(at=Parameter("now", models.DateTimeField())).filter(
        path=Parameter("path", models.CharField())
    )
)


def find_published(path: str) -> Page | None:
    """The page that visitors of the current site see at a path now; one query."""
    return published_page.first(path=path, now=timezone.now())


def _path_of(known: Stored | None) -> str | None:
    return None if known is None else known.path


def _moved(before: str, after: str) -> Concat:
    """The path that a page below has when the path `before` has become `after`."""
    return Concat(Value(after), Substr("path", len(before) + 1))


def pages_below(page_id: int | None) -> models.QuerySet[Page]:
    """The pages of the current site that are below a page, at any depth."""
    rows: models.QuerySet[Page] = Page.objects.filter(_is_below(page_id))
    return rows


def _is_below(page_id: int | None) -> models.Q:
    return models.Q(pk__in=RawSQL(BELOW, [page_id]))  # noqa: S611  # a constant
