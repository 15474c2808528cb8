"""Which page an editor may put another one below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator

from app.pages.kinds import kinds_here, label_of, may_be_below
from app.pages.models import Page
from app.pages.tree_order import places

#: With more pages than this, the parent is searched for instead of chosen from all of them.
LONGEST_SELECT = 200


class ChoicesInTree(ModelChoiceIterator[Page]):
    """In the order of the tree, each page indented by its depth. Two queries, and bounded."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        # Pages may have been added since the field was chosen for their number.
        found = places(self.queryset, most=2 * LONGEST_SELECT)
        rows = self.queryset.defer("body").in_bulk([place.key for place in found])
        for place in found:
            if place.key in rows:
                value, text = self.choice(rows[place.key])
                yield value, "\u2003" * place.depth + text


class ParentField(forms.ModelChoiceField[Page]):
    """The page tree in a select box: each page is indented below its parent."""

    iterator = ChoicesInTree

    def label_from_instance(self, obj: Page) -> str:
        return choice_text(obj)


class FoundParentField(forms.ModelChoiceField[Page]):
    def label_from_instance(self, obj: Page) -> str:
        return choice_text(obj)


def choice_text(page: Page) -> str:
    return f"{page.title}  ({page.path})"


def field_options(db_field: Any, admin_site: AdminSite) -> dict[str, Any]:
    """How the form shows the field `parent`."""
    options: dict[str, Any] = {"queryset": Page.objects.order_by("path"), "form_class": ParentField}
    if Page.objects.count() > LONGEST_SELECT:
        options |= {"form_class": FoundParentField, "widget": AutocompleteSelect(db_field, admin_site)}
    return options


def possible_parents(kind: type[Page], page: Page | None) -> QuerySet[Page]:
    """The pages that one of this kind may be below, and the one that it is below already."""
    allowed = {label_of(parent): may_be_below(kind, parent) for parent in kinds_here()}
    if allowed[label_of(Page)]:  # kinds that this site does not have are as free as the standard page
        found = ~Q(kind__in=[label for label, is_allowed in allowed.items() if not is_allowed])
    else:
        found = Q(kind__in=[label for label, is_allowed in allowed.items() if is_allowed])
    if page is not None and page.parent_id is not None:
        found |= Q(pk=page.parent_id)
    rows: QuerySet[Page] = Page.objects.filter(found).order_by("path")
    return rows
