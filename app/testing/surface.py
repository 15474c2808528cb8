"""Every address of the URLconf, with the arguments that rows of the sites give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils.regex_helper import normalize
from django.views.generic import RedirectView

from app.tenancy.current import use_site
from app.testing.data.canaries import SIDES
from app.testing.data.tables import forward_links, with_rows_of_a_site
from app.testing.data.twins import Twins

#: Ends the sign-in of the one who visits it.
NOT_VISITED = ("admin:logout", "django.contrib.admin.sites.AdminSite.logout")
#: Views of the product that show what any app brings: its kinds of pages, its rows in the sitemap, its panels.
FOR_ALL_APPS = {"page", "sitemap", "sitemap-part", "admin:index"}
KEY_NAMES = {"pk", "id", "object_id"}
TEXTS = {"CharField", "SlugField", "EmailField", "URLField", "UUIDField"}
DATES = {"DateField", "DateTimeField"}
MOST_ADDRESSES = 40
MOST_TEXTS = 6


@dataclass(frozen=True)
class Pattern:
    """One view with its address: a format string such as `labels/%(pk)s/`."""

    view: str
    callback: Any
    formats: tuple[tuple[str, tuple[str, ...]], ...]
    model_admin: ModelAdmin[Any] | None = None


@cache
def patterns() -> list[Pattern]:
    """Every view once per pattern, most specific first, as Django tries them."""
    found = list(_walk(get_resolver(), "", ()))
    # Django's own redirects read nothing.
    reading = (p for p in found if getattr(p.callback, "view_class", None) is not RedirectView)
    return [pattern for pattern in reading if pattern.view not in NOT_VISITED]


def _walk(resolver: URLResolver, before: str, namespaces: tuple[str, ...]) -> Iterator[Pattern]:
    for entry in resolver.url_patterns:
        regex = before + str(entry.pattern.regex.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry, regex, inside)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name)) if entry.name else entry.lookup_str
            formats = tuple((text, tuple(names)) for text, names in normalize(regex))
            yield Pattern(name, entry.callback, formats, _admin_of(name))


def _admin_of(view: str) -> ModelAdmin[Any] | None:
    for model, model_admin in admin.site._registry.items():
        if view.startswith(f"{admin.site.name}:{model._meta.app_label}_{model._meta.model_name}_"):
            return model_admin
    return None


def addresses(pattern: Pattern, twins: Twins) -> list[str]:
    """The addresses of a view: one without arguments, or one per row of both sites whose values fit."""
    if pattern.view == "admin:app_list":
        return [reverse(pattern.view, args=[model._meta.app_label]) for model in admin.site._registry]
    found: dict[str, None] = {}
    for text, names in pattern.formats:
        rows = [None] if not names else _rows_for(pattern, names, twins)
        for values in (values for row in rows for values in _values(names, row)):
            address = "/" + (text % values).lstrip("/")
            with use_site(twins.sites["a"]):  # which URLs there are depends on the site
                if _leads_to(address, pattern):
                    found[quote(address)] = None
    return list(found)[:MOST_ADDRESSES]


def _rows_for(pattern: Pattern, names: Sequence[str], twins: Twins) -> Sequence[Any]:
    """Two rows of each site of the model that a page of the admin is for; else rows of every model that can fit."""
    if pattern.model_admin is not None:
        return [row for side in SIDES for row in twins.of(pattern.model_admin.model, side)[:2]]
    models = with_rows_of_a_site()
    having = [model for model in models if set(names) - KEY_NAMES & {f.name for f in model._meta.concrete_fields}]
    return [row for side in ("b", "a") for model in having or models for row in twins.of(model, side)[:2]]


def queried(pattern: Pattern, address: str, twins: Twins) -> list[tuple[str, str]]:
    """The address, and for pages of the admin the same with the queries that Django's own pages send.

    Each with the name of its view; for an autocomplete that ends with the model whose rows are offered.
    """
    if pattern.view == "admin:autocomplete":
        return [(f"{pattern.view} {label}", f"{address}?{urlencode(query)}") for label, query in _autocompletes(twins)]
    return [(pattern.view, path) for path in _with_queries(pattern, address, twins)]


def _with_queries(pattern: Pattern, address: str, twins: Twins) -> list[str]:
    model_admin = pattern.model_admin
    if model_admin is None:
        return [address]
    found = [address]
    if pattern.view.endswith("_changelist"):
        texts = [text for row in twins.of(model_admin.model, "b")[:1] for text in _texts(row)]
        found += [f"{address}?{urlencode({'q': text})}" for text in texts[:MOST_TEXTS]]
        found += [f"{address}?_popup=1", f"{address}?_popup=1&_to_field=id"]
    if pattern.view.endswith("_add"):
        for field in forward_links(model_admin.model):
            rows = twins.of(field.related_model, "b")
            found += [f"{address}?{urlencode({field.name: row.pk})}" for row in rows[:1]]
    return found


def _autocompletes(twins: Twins) -> Iterator[tuple[str, dict[str, Any]]]:
    for model in apps.get_models():
        for field in forward_links(model):
            meta = model._meta
            query = {"app_label": meta.app_label, "model_name": meta.model_name, "field_name": field.name}
            rows = twins.of(field.related_model, "b")[:1]
            if admin.site.is_registered(field.related_model):
                label = field.related_model._meta.label
                terms = ["", *(text for row in rows for text in _texts(row)[:4])]
                yield from ((label, {**query, "term": term}) for term in terms)


def _texts(row: Any) -> list[str]:
    """What the texts of a row are, as a visitor would search for them."""
    texts = (getattr(row, f.attname) for f in row._meta.concrete_fields if f.get_internal_type() in TEXTS)
    return [str(text) for text in texts if text]


def _values(names: Sequence[str], row: Any) -> Iterator[dict[str, Any]]:
    """Guesses for the arguments of an address from one row."""
    if not names:
        yield {}
        return
    fields = {field.name: field for field in row._meta.concrete_fields}
    values: dict[str, Any] = {}
    for name in names:
        if name == "content_type_id":
            values[name] = ContentType.objects.get_for_model(row).pk
        elif name in {"year", "month", "day"} and (moment := _moment(row)):
            values[name] = getattr(moment, name)
        elif name in fields and name not in KEY_NAMES:
            values[name] = str(getattr(row, fields[name].attname)).lstrip("/")
        else:
            values[name] = row.pk
    yield values
    if len(names) == 1 and names[0] not in {*fields, "content_type_id"}:
        yield from ({names[0]: text.lstrip("/")} for text in _texts(row))


def _moment(row: Any) -> Any:
    moments = (getattr(row, f.attname) for f in row._meta.concrete_fields if f.get_internal_type() in DATES)
    return next((moment for moment in moments if moment), None)


def _leads_to(address: str, pattern: Pattern) -> bool:
    try:
        return resolve(address).func is pattern.callback
    except Resolver404:
        return False


def view_of(model_admin: ModelAdmin[Any], page: str) -> str:
    """The name of a page of an admin class: changelist, add, change ..."""
    return f"{admin.site.name}:{model_admin.opts.app_label}_{model_admin.opts.model_name}_{page}"


def label_of(value: Any) -> str | None:
    """The app that a model, a field, an admin class or a view belongs to."""
    model = getattr(value, "model", value)
    if isinstance(value, Pattern):
        if value.model_admin is None:
            config = apps.get_containing_app_config(value.callback.__module__)
            return config.label if config else None
        model = value.model_admin.model
    return model._meta.app_label if hasattr(model, "_meta") else None


def shows_all_apps(value: Any) -> bool:
    """Whether a parameter of a test is a view that shows rows of any app."""
    return isinstance(value, Pattern) and value.view in FOR_ALL_APPS


def about(params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the parameters of a test are, as pairs of a kind (`app.testing.summary`) and a name."""
    for name, value in params.items():
        model = getattr(value, "model", value)
        if isinstance(value, Pattern):
            yield ("admin page" if value.view.startswith("admin:") else "address"), value.view
        elif name == "role":
            yield "role", value
        elif name == "line":
            yield "command", " ".join(value)
        elif hasattr(model, "_meta"):
            yield "model", model._meta.label
