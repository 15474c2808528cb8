"""Kinds of pages: the subclasses of `Page` that are installed, and which of them may be below which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.tenancy.site_apps import is_on

if TYPE_CHECKING:
    from app.pages.models import Page

STANDARD = "pages.page"


def label_of(kind: type[Page]) -> str:
    """What `Page.kind` has for pages of this class."""
    return kind._meta.label_lower


def title_of(kind: type[Page]) -> str:
    return capfirst(str(kind._meta.verbose_name))


def help_text_of(kind: type[Page]) -> str | Promise:
    """What a kind is for. Empty if it does not say so: the text of the standard page is about that one."""
    page = standard()
    return "" if kind is not page and kind.help_text is page.help_text else kind.help_text


def kinds() -> list[type[Page]]:
    """The standard page first, the others in the order of the installed apps."""
    page = standard()
    return [page, *(model for model in apps.get_models() if issubclass(model, page) and model is not page)]


def standard() -> type[Page]:
    return cast("type[Page]", apps.get_model(STANDARD))


def kind_named(label: str) -> type[Page] | None:
    """None if no app of the current site has this kind: it is not installed, or off on this site."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, standard()) and is_on(model._meta.app_label) else None


def template_names(kind: type[models.Model]) -> list[str]:
    """The templates of a kind and of those that it derives from, the most special one first."""
    page = standard()
    return [f"pages/{model._meta.model_name}.html" for model in kind.__mro__ if issubclass(model, page)]


def kind_of(page: Page) -> type[Page]:
    """The kind of a page, or the standard one if the current site does not have its kind."""
    return kind_named(page.kind) or standard()


def permission(action: str, label: str) -> str:
    """The permission that a user needs for an action on pages of a kind. Each kind has its own."""
    meta = (kind_named(label) or standard())._meta
    return f"{meta.app_label}.{get_permission_codename(action, meta)}"


def query_keys() -> frozenset[str]:
    """The keys of the query that some kind names."""
    return frozenset(key for kind in kinds() for key in kind.cached_query)


def may_be_below(kind: type[Page], parent: type[Page] | None) -> bool:
    """Whether a page of a kind may be directly below one of another; without a parent, at the top of the tree."""
    if parent is None:
        return kind.parent_kinds is None
    return _names(parent.child_kinds, kind) and _names(kind.parent_kinds, parent)


def kinds_here() -> list[type[Page]]:
    """The kinds that the current site has."""
    return [kind for kind in kinds() if is_on(kind._meta.app_label)]


def allowed_below(parent: type[Page] | None) -> Iterator[type[Page]]:
    """The kinds of the current site that may be directly below a page of a kind; without one, at the top."""
    return (kind for kind in kinds_here() if may_be_below(kind, parent))


def refusal_of_place(label: str, parent_label: str | None) -> str | Promise:
    """Why a page of a kind may not be directly below one of another; empty if it may.

    A kind that this site does not have is as free as the standard page.
    """
    kind = kind_named(label) or standard()
    parent = None if parent_label is None else kind_named(parent_label) or standard()
    if may_be_below(kind, parent):
        return ""
    if parent is None:
        message = _("A page of the kind “%(kind)s” must be below another page.")
        return message % {"kind": kind._meta.verbose_name}
    message = _("A page of the kind “%(kind)s” may not be directly below one of the kind “%(parent)s”.")
    return message % {"kind": kind._meta.verbose_name, "parent": parent._meta.verbose_name}


def _names(labels: Sequence[str] | None, kind: type[Page]) -> bool:
    return labels is None or label_of(kind) in {label.lower() for label in labels}
