"""Where a file is used: foreign keys to it, and texts that contain its address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.media.models import MediaFile
from app.tenancy.current import current_site
from app.tenancy.models import SiteProfile, SiteRelated

#: More are not listed.
MOST_USES = 100
#: No field with less room can hold the address of a file.
SHORTEST_ADDRESS = 60


def uses_of(file: MediaFile) -> list[Any]:
    """The rows of the current site that use a file, at most `MOST_USES`; one query for each model that can."""
    return [row for row, _number in zip(_rows_using(file), range(MOST_USES), strict=False)]


def described(row: Any) -> SafeString:
    """A row with its kind, and a link to its page in the admin."""
    text = f"{row.kind_title}: {row}"
    if not admin.site.is_registered(type(row)):
        return format_html("{}", text)
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text)


def _rows_using(file: MediaFile) -> Iterator[Any]:
    for model in apps.get_models():
        if not issubclass(model, SiteRelated):
            continue
        conditions = [models.Q(**{name: file.pk}) for name in _keys_to_files(model)]
        # Texts of any app, rich or not: an address contains the key, and no other file has it.
        conditions += [models.Q(**{f"{name}__contains": f"/{file.key}/"}) for name in _texts(model)]
        if conditions:
            found = conditions[0]
            for condition in conditions[1:]:
                found |= condition
            yield from model.objects.filter(found).distinct().defer(*_long_texts(model))[:MOST_USES]
    profile = SiteProfile.objects.filter(site=current_site().id).first()
    if profile is not None and f"/{file.key}/" in json.dumps(profile.settings):
        yield profile  # a logo, or a picture in the footer


def _keys_to_files(model: type[SiteRelated]) -> list[str]:
    own = (*model._meta.local_fields, *model._meta.local_many_to_many)  # a child's row is found as its parent's
    return [field.name for field in own if field.related_model is MediaFile]


def _texts(model: type[SiteRelated]) -> list[str]:
    """The fields that can contain an address: texts of any length, and in content short ones too."""
    # A description that names a file does not show it, and neither do records of what was done.
    shows = model.is_content and model is not MediaFile
    fields = model._meta.local_fields
    return [field.name for field in fields if isinstance(field, models.TextField) or (shows and _is_short_text(field))]


def _long_texts(model: type[SiteRelated]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if isinstance(field, models.TextField)]


def _is_short_text(field: models.Field[Any, Any]) -> bool:
    """Whether it is text with room for an address, which is not chosen from a list."""
    is_text = isinstance(field, models.CharField) and not isinstance(field, models.SlugField | models.EmailField)
    return is_text and not field.choices and (field.max_length or SHORTEST_ADDRESS) >= SHORTEST_ADDRESS
