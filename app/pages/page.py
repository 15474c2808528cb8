"""Pages: a tree per site, of the standard page and of other kinds. The path of a page is stored, so that one indexed
query finds it; its kind too, so that a second one finds the rest of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_lazy as _

from app.media.models import MediaFile
from app.pages import tree
from app.pages.addresses import LONGEST_PATH, validate_own_path
from app.pages.deletion import keep_what_is_below
from app.pages.kinds import kind_of, label_of, title_of
from app.pages.page_kind import PageKind
from app.publishing.described import Described
from app.publishing.models import Publishable, seen_before, was_visible
from app.publishing.rich_text import RichTextField
from app.publishing.slugs import slug_of, validate_slug
from app.publishing.stored import take_stored
from app.redirects.moves import record_move
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.isolation.prepared import Parameter, PreparedQuery

LONGEST_SLUG = 80


class Page(Publishable, Described, PageKind):
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
        help_text=_("The page's part of the address, in any script. Empty below another page: made from the title."),
    )
    # The defaults of later columns are in the database too: during an upgrade, pods of the last release add pages.
    own_path = models.CharField(
        _("own path"),
        max_length=LONGEST_PATH,
        blank=True,
        default="",
        db_default="",
        validators=[validate_own_path],
        help_text=_(
            "An address that does not follow the tree, such as /landing/summer/. Empty for most pages. "
            "The addresses of pages below this one begin with it."
        ),
    )
    path = models.CharField(_("path"), max_length=LONGEST_PATH, editable=False)
    body = RichTextField(_("body"), blank=True)
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
    login_required = models.BooleanField(
        _("for signed-in people only"),
        default=False,
        db_default=False,
        help_text=_(
            "Only people with a role on this site see the page, after they sign in. Its title is still shown in menus. "
            "Pages below this one are not included."
        ),
    )

    unversioned = frozenset({"position"})
    not_restored = Publishable.not_restored | {"login_required"}
    saved_one_by_one = frozenset({"slug", "own_path", "parent", "parent_id", "path", "kind"})

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
        indexes = [
            models.Index(fields=["site", "parent", "position"], name="pages_tree"),
            models.Index(fields=["site", "status", "publish_at"], name="pages_by_status"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind_title(self) -> str:
        return title_of(kind_of(self))

    def get_absolute_url(self) -> str:
        return iri_to_uri(self.path)

    def clean(self) -> None:
        super().clean()
        if self.parent_id is not None and not self.slug:
            self.slug = slug_of(self.title, LONGEST_SLUG)
            if not self.slug:
                raise ValidationError({"slug": _("This page needs a slug.")})
        self.clean_place()

    def clean_place(self) -> None:
        """The part of `clean()` that is about the tree. Sets `path`."""
        stored = tree.stored(self)
        tree.refuse_to_be_below_itself(self)
        tree.refuse_place(self, stored)
        before = tree.path_in(stored, self.pk)
        tree.set_path(self, stored)
        if self.path != before:
            tree.refuse_address_of_an_app(self)
        tree.refuse_addresses_below(self, before)

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        # Before the constraint, whose message names no page and belongs to no field.
        tree.refuse_address_of_another(self)
        super().validate_constraints(exclude)

    def derive(self) -> None:
        self.kind = label_of(type(self))
        stored = tree.as_stored(self.parent)
        tree.refuse_place(self, stored)
        tree.set_path(self, stored)

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Saves the page and, when its path changed, moves all pages below it by one statement.

        With `update_fields`, the path follows from the stored slug, own path and parent where these are not among them.
        Raises `ValidationError` when the page would be below itself or where its kind may not be, or an address would
        not be possible.
        """
        # Without the lock two editors could each move a page under the other's.
        lock_site()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"]}
            take_stored(self, ("slug", "own_path", "parent"), kwargs["update_fields"])
            kwargs["update_fields"] |= {"path", "updated_at"}
        stored = tree.stored(self)
        known = stored.get(self.pk)
        before = tree.path_in(stored, self.pk)
        self.kind = known.kind if known is not None else label_of(type(self))
        tree.refuse_to_be_below_itself(self)
        if tree.refusal_of(self, stored):
            # SECURITY: what another site has does not exist here, so this is the first error.
            self.refuse_other_sites()
        tree.refuse_place(self, stored)
        tree.set_path(self, stored)
        if self.path != before:
            tree.refuse_addresses_below(self, before)
        super().save(**kwargs)
        if known is not None and self.path != known.path:
            tree.move_pages_below(self, known.path)
            seen, shown = seen_before(self, itself=known.is_seen), was_visible(timezone.now())
            record_move(tree.moved_with(self), before=known.path, after=self.path, seen=seen, shown=shown)

    def whole(self) -> Page:
        return self.as_kind()


published_page: PreparedQuery[Page] = PreparedQuery(
    lambda: Page.objects.published(at=Parameter("now", models.DateTimeField())).filter(
        path=Parameter("path", models.CharField())
    )
)


def published_paths(paths: Collection[str]) -> set[str]:
    """Those of the paths at which visitors of the current site see a page now; one query."""
    return set(Page.objects.published().filter(path__in=paths).values_list("path", flat=True))


def find_published(path: str) -> Page | None:
    """The page that visitors of the current site see at a path now; one query."""
    return published_page.first(path=path, now=timezone.now())
