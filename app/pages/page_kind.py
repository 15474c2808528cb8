"""What makes a page one of its kind: declared on the class, and overridden by other kinds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from app.pages.kinds import STANDARD, kind_named, template_names

if TYPE_CHECKING:
    from app.pages.models import Page


class PageKind(models.Model):
    """For `Page`. The values here are those of the standard page."""

    #: For the list of kinds from which an editor chooses: a static file, an SVG, and what the kind is for.
    icon: ClassVar[str] = "pages/kinds/page.svg"
    help_text: ClassVar[str | Promise] = _("Text with headings, lists, tables and links.")
    #: Kinds that may be directly below a page of this one, as "app_label.Model"; None: all.
    child_kinds: ClassVar[Sequence[str] | None] = None
    #: Kinds that a page of this one may be directly below; None: all, and the top of the tree.
    parent_kinds: ClassVar[Sequence[str] | None] = None
    #: Whether a response may be stored and sent to other visitors. It must then depend on the site's content, the path
    #: and the keys of the query in `cached_query` only.
    page_cache: ClassVar[bool] = True
    cached_query: ClassVar[Collection[str]] = frozenset()

    #: Names the kind: a new page gets the one of its class, and keeps it.
    kind = models.CharField(_("kind"), max_length=200, default=STANDARD, db_default=STANDARD, editable=False)

    class Meta:
        abstract = True

    def as_kind(self) -> Page:
        """This page as an instance of its kind, by one query; itself if it is one, or if the kind is not installed."""
        model = kind_named(self.kind)
        if model is None or isinstance(self, model):
            return cast("Page", self)
        found: Page | None = model.objects.filter(pk=self.pk).first()
        return found or cast("Page", self)

    def get_context(self, request: HttpRequest) -> Mapping[str, Any]:  # noqa: ARG002  # for subclasses
        """Values for the template, beside `page` and `is_draft`. For what a stored page may depend on, see
        `page_cache`."""
        return {}

    def serve(self, request: HttpRequest, *, is_draft: bool = False) -> HttpResponse:
        """The response to a visitor, from the first of the templates `pages/<model>.html` and `pages/page.html` that
        exists."""
        context = {**self.get_context(request), "page": self, "is_draft": is_draft}
        return render(request, template_names(type(self)), context)
