"""Pages: a tree of rich-text pages per site. The path of a page is stored, so that one indexed query finds it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from app.publishing.models import Publishable
from app.publishing.rich_text import RichTextField
from app.tenancy.isolation.content_version import lock_site

HOME = "/"
LONGEST_PATH = 500


class Page(Publishable):
    """A page of a site. `path` is built from the slugs of its parents; the page with the path `/` is the home page."""

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Lower numbers come first."))
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(
        _("slug"),
        max_length=80,
        blank=True,
        help_text=_("The page's part of the address. Empty without a parent: the home page."),
    )
    path = models.CharField(_("path"), max_length=LONGEST_PATH, editable=False)
    body = RichTextField(_("body"), blank=True)
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("For search engines and link previews.")
    )
    in_menus = models.BooleanField(_("show in menus"), default=True)

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
        return self.path

    def clean(self) -> None:
        super().clean()
        if is_below(self.parent_id, self.pk):
            raise ValidationError({"parent": _("A page cannot be below itself.")})
        if self.parent is not None and not self.slug:
            self.slug = slugify(self.title)
            if not self.slug:
                raise ValidationError({"slug": _("This page needs a slug.")})
        self.path = self.address()
        if len(self.path) > LONGEST_PATH or self.longest_below() > LONGEST_PATH:
            raise ValidationError({"slug": _("An address on or below this page would be longer than 500 characters.")})

    def address(self) -> str:
        """The path that results from the slug and the parents."""
        prefix = self.parent.path if self.parent is not None else HOME
        return f"{prefix}{self.slug}/" if self.slug.strip("/") else prefix

    def longest_below(self) -> int:
        """The length of the longest path below this page, if the page were saved now."""
        before = Page.objects.filter(pk=self.pk).values_list("path", flat=True).first()
        if before is None:
            return 0
        below = Page.objects.filter(path__startswith=before).aggregate(longest=Max(Length("path")))["longest"]
        return int(below) - len(before) + len(self.path)

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Saves the page and, when its path changed, the pages below it.

        Raises `ValidationError` when the page would be below itself.
        """
        # Without the lock two editors could each move a page under the other's.
        lock_site()
        if is_below(self.parent_id, self.pk):
            raise ValidationError({"parent": _("A page cannot be below itself.")})
        if self.path == HOME and self._state.adding:
            self.slug = ""  # created as the home page by its path
        before, self.path = self.path, self.address()
        update_fields: Collection[str] | None = kwargs.get("update_fields")
        if update_fields is not None and self.path != before:
            kwargs["update_fields"] = {*update_fields, "path"}
        is_new = self._state.adding
        super().save(**kwargs)
        if not is_new:
            for child in Page.objects.filter(parent=self):
                if child.path != child.address():
                    child.save()


def is_below(page_id: int | None, top_id: int | None) -> bool:
    """Whether a page is `top` or below it, in the tree that the database holds."""
    while page_id is not None and page_id != top_id:
        page_id = Page.objects.filter(pk=page_id).values_list("parent_id", flat=True).first()
    return page_id is not None
