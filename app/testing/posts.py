"""Forms and actions of a page, filled with keys of rows of site B."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.sites.models import Site
from django.forms import BaseForm, BaseFormSet, ModelChoiceField
from django.utils.functional import LazyObject

from app.testing.data.tables import forward_links
from app.testing.data.twins import Twins
from app.testing.forms import Data, Form, forms_of
from app.testing.surface import Pattern, addresses
from app.testing.visitors import Request, Result, Visitor

#: Of how many pages of a view the forms are filled in every way. The other addresses get one of them.
MOST_PAGES = 4
MOST_ADDRESSES = 16
TYPED = {"email": "isolation@example.test", "url": "https://example.test/isolation", "number": "1"}


def posts(pattern: Pattern, visitor: Visitor, twins: Twins) -> list[Request]:
    """The requests for one view. The visitor loads its pages first, as a browser does."""
    found: list[Request] = []
    pages: list[list[Data]] = []
    for address in addresses(pattern, twins)[:MOST_ADDRESSES]:
        page = visitor.send(Request(pattern.view, address))
        filled = list(_filled(pattern, page, twins)) if len(pages) < MOST_PAGES else []
        pages += [filled] if filled else []
        # A page that is not there gets the form of one that is: a person can send anything.
        forms = filled or [form for first in pages[:1] for form in first[:1]]
        found += [Request(pattern.view, address, data) for data in ({"post": ["yes"]}, *forms)]
    return found


def _filled(pattern: Pattern, page: Result, twins: Twins) -> Iterator[Data]:
    """Each form as it is, then with a key of B in one field after the other, then with all of them."""
    keys = _keys(pattern, page, twins)
    for form in forms_of(page.body):
        if form.method != "post" or "logout" in form.id:
            continue
        own = form.data | dict(_typed(form))
        yield own
        for name, key in keys.items():
            yield own | {name: [key]}
        yield own | {name: [key] for name, key in keys.items()}
        if pattern.model_admin is not None:
            yield from _actions(form, twins.of(pattern.model_admin.model, "b"))


def _typed(form: Form) -> Iterator[tuple[str, list[str]]]:
    """Values for the required fields that are empty: something typed, or the first choice."""
    for name, kind in form.required.items():
        if not any(form.data.get(name, [])):
            choices = [value for value in form.choices.get(name, []) if value]
            yield name, choices[:1] or [TYPED.get(kind, "isolation")]


def _actions(form: Form, rows: list[Any]) -> Iterator[Data]:
    keys = [str(row.pk) for row in rows]
    for name in filter(None, form.choices.get("action", [])):
        chosen = {"action": [name], ACTION_CHECKBOX_NAME: keys, "post": ["yes"], "index": ["0"]}
        yield chosen
        yield chosen | {"select_across": ["1"], ACTION_CHECKBOX_NAME: keys[:1]}


def _keys(pattern: Pattern, page: Result, twins: Twins) -> dict[str, str]:
    """A key of B for each field of the page that takes one, and for each foreign key of the model."""
    found: dict[str, Any] = {}
    for form in _forms_in(page.context):
        for name, field in form.fields.items():
            if isinstance(field, ModelChoiceField) and field.queryset is not None:
                found[form.add_prefix(name)] = field.queryset.model
    if pattern.model_admin is not None:
        model = pattern.model_admin.model
        found |= {model._meta.pk.name: model}
        found |= {name: link.related_model for link in forward_links(model) for name in (link.name, link.attname)}
    return {
        name: str(rows[0].pk if model is not Site else twins.sites["b"].pk)
        for name, model in found.items()
        if (rows := twins.of(model, "b")) or model is Site
    }


def _forms_in(context: Any) -> Iterator[Any]:
    """The forms that a template got: in the admin also those of inlines and of the rows of a list."""
    layers = (layer for each in context or () for layer in each if isinstance(layer, dict))
    # A lazy value is not looked into: it could need a current site.
    values = [value for layer in layers for value in layer.values() if not _is_lazy(value)]
    for value in values:
        yield from (item for item in (value, _attributes(value).get("form")) if isinstance(item, BaseForm))
        for item in value if isinstance(value, list) else [value]:
            formset = _attributes(item).get("formset", item)
            if isinstance(formset, BaseFormSet):
                yield from formset.forms


def _attributes(value: Any) -> dict[str, Any]:
    return getattr(value, "__dict__", {})


def _is_lazy(value: Any) -> bool:
    return issubclass(type(value), LazyObject)
