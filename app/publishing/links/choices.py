"""What the dialog for links offers: rows, files and pages of apps of the current site. JSON, for members only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from app.media.models import MediaFile
from app.publishing.links.following import linkable_models, reference_of
from app.publishing.models import Publishable

MOST_FROM_EACH = 10
MOST_WORDS = 5
LONGEST_QUERY = 100


class Choice(NamedTuple):
    """`reference` names a row that the link follows; without one, it keeps its address."""

    title: str
    url: str
    kind: str
    reference: str = ""


#: Gives choices whose titles contain all the words. The request says who is asking.
Source = Callable[[HttpRequest, Sequence[str]], Iterable[Choice]]
_sources: list[Source] = []


def register_link_source(source: Source) -> None:
    _sources.append(source)


@require_safe
def choices(request: HttpRequest) -> JsonResponse:
    """GET `?q=…`: what has these words in its title, at most ten of each kind."""
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY].split()[:MOST_WORDS]
    found = [choice for source in (_rows, _files, *_sources) for choice in source(request, words)]
    return JsonResponse({"choices": [choice._asdict() for choice in found]})


def _rows(request: HttpRequest, words: Sequence[str]) -> Iterable[Choice]:
    for model in linkable_models():
        names = {field.name for field in model._meta.fields if isinstance(field, models.CharField)}
        title = next((name for name in ("title", "name") if name in names), None)
        rows = _viewable(request, model)
        if title is None or rows is None:
            continue
        for word in words:
            rows = rows.filter(**{f"{title}__icontains": word})
        for row in rows.order_by(title, "pk")[:MOST_FROM_EACH]:
            yield Choice(str(row), row.get_absolute_url(), _described(row), reference_of(row))


def _described(row: Publishable) -> str:
    kind = row.kind_title
    return kind if row.is_published else _("%s, a draft: a link as soon as it is published") % kind


def _files(request: HttpRequest, words: Sequence[str]) -> Iterable[Choice]:
    rows = _viewable(request, MediaFile)
    if rows is None or not words:
        return
    rows = rows.filter(is_private=False)
    for word in words:
        rows = rows.filter(title__icontains=word)
    for row in rows[:MOST_FROM_EACH]:
        yield Choice(str(row), row.get_absolute_url(), row.get_kind_display())


def _viewable(request: HttpRequest, model: type[models.Model]) -> Any:
    """The rows of a model that a person may see in the admin; None if there are none for her."""
    if not admin.site.is_registered(model):
        return None
    model_admin = admin.site.get_model_admin(model)
    return model_admin.get_queryset(request) if model_admin.has_view_permission(request) else None


def matching(choices: Iterable[Choice], words: Sequence[str]) -> Iterable[Choice]:
    """For a source that has all of its choices in memory."""
    folded = [word.casefold() for word in words]
    return islice((c for c in choices if all(word in c.title.casefold() for word in folded)), MOST_FROM_EACH)
