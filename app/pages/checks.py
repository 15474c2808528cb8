"""System checks of page kinds: mistakes that a developer would otherwise find when an editor does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.core import checks

from app.pages.admin import PageForm
from app.pages.kinds import kinds, label_of, may_be_below
from app.pages.models import Page

LISTS = ("child_kinds", "parent_kinds", "cached_query")


def page_kinds(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E001 a list that is none, or names a kind that does not exist · E002 a template that two kinds have ·
    E003 a proxy model · E004 an icon that does not exist · E005 a kind that may be nowhere.
    """
    labels = {config.label for config in app_configs} if app_configs else None
    return [
        checks.Error(message, hint=hint, obj=kind, id=f"pages.{code}")
        for kind in kinds()
        if labels is None or kind._meta.app_label in labels
        for code, message, hint in (*_lists(kind), *_template(kind), *_proxy(kind), *_icon(kind), *_place(kind))
    ]


Fault = tuple[str, str, str]


def _lists(kind: type[Page]) -> Iterator[Fault]:
    for name in LISTS:
        value = getattr(kind, name)
        if value is None and name != "cached_query":
            continue
        if isinstance(value, str) or not isinstance(value, Collection):
            yield "E001", f"Its {name} is not a list.", f'Write {name} = ["..."].'
        elif name != "cached_query":
            for label in value:
                if not _is_kind(label):
                    message = f"Its {name} has {label!r}, which is not a kind of page."
                    yield "E001", message, 'Name a subclass of Page as "app_label.Model".'


def _is_kind(label: Any) -> bool:
    return isinstance(label, str) and label.lower() in {label_of(kind) for kind in kinds()}


def _template(kind: type[Page]) -> Iterator[Fault]:
    name = kind._meta.model_name
    other = next((other for other in kinds() if other is not kind and other._meta.model_name == name), None)
    if other is not None:
        message = f"Its template pages/{name}.html is that of {other._meta.label} too."
        yield "E002", message, "Give one of the models another name."


def _proxy(kind: type[Page]) -> Iterator[Fault]:
    if kind._meta.proxy:
        yield "E003", "A kind of page cannot be a proxy model: it has no rows of its own.", "Remove `proxy = True`."


def _icon(kind: type[Page]) -> Iterator[Fault]:
    if not isinstance(kind.icon, str) or finders.find(kind.icon) is None:
        yield "E004", f"Its icon {kind.icon!r} is not a static file.", "Name an SVG in a folder static/ of the app."


def _place(kind: type[Page]) -> Iterator[Fault]:
    if any(fault for fault in _lists(kind)):
        return
    if kind.parent_kinds is not None and not any(may_be_below(kind, parent) for parent in kinds()):
        message = "No page of this kind can be added: no kind in its parent_kinds has it in child_kinds."
        yield "E005", message, "Add it to child_kinds of one of them."


def admin_classes(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """E006: an admin class without the rules of pages."""
    labels = {config.label for config in app_configs or apps.get_app_configs()}
    message = "Its admin class lacks the rules for pages: who may publish them, and where they may be."
    hint = "Derive it from app.pages.admin.PageKindAdmin."
    return [
        checks.Error(message, hint=hint, obj=model, id="pages.E006")
        for model, model_admin in admin.site._registry.items()
        if issubclass(model, Page) and model._meta.app_label in labels and not isinstance(model_admin, PageForm)
    ]
