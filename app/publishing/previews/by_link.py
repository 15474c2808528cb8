"""A preview that anybody with its link can open, on the host of the site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_permission_codename, get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from app.publishing.links.following import linkable_models, reference_of
from app.publishing.links.references import split
from app.publishing.models import Publishable
from app.publishing.previews import keys
from app.publishing.previews.showing import has_page, shown
from app.tenancy.requests.responses import page
from app.tenancy.requests.tenancy import RowPreview


def path_of(row: Publishable, maker_id: int) -> str:
    """The path of a preview with its key, which is in the query: no log line and no report has that."""
    return f"{reverse('preview-link')}?{urlencode({'key': keys.make(reference_of(row), maker_id)})}"


def is_visible(row: Publishable) -> bool:
    """Whether visitors see a row now."""
    return bool(type(row).objects.published().filter(pk=row.pk).exists())


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET `?key=…`. 404 for what is no key of this site, 410 after its time, when its row is deleted, and when the
    person who made it may not change the row any longer. What is published now is a redirect to its address."""
    try:
        key = keys.read(request.GET.get("key", ""))
    except keys.EndedKey:
        return _ended()
    except keys.InvalidKey:
        text = _("There is no preview at this address. Check that the whole link was copied.")
        return _notice(_("Not found"), text, 404)
    row = _row(key.reference)
    if row is None or not _may_change(key.maker_id, row):
        return _ended()
    if is_visible(row):
        response: HttpResponse = HttpResponseRedirect(row.get_absolute_url())
        response.headers["Cache-Control"] = "private, no-store"
        return response
    return shown(request, row, RowPreview(until=key.until))


def _row(reference: str) -> Any:
    label, pk = split(reference) or ("", 0)
    model = next((model for model in linkable_models() if model._meta.label_lower == label), None)
    row: Any = None if model is None else model.objects.filter(pk=pk).first()
    row = row.as_kind() if hasattr(row, "as_kind") else row
    return row if row is not None and has_page(type(row)) else None


def _may_change(maker_id: int, row: Publishable) -> bool:
    user = get_user_model().objects.filter(pk=maker_id, is_active=True).first()
    opts = row._meta
    return user is not None and user.has_perm(f"{opts.app_label}.{get_permission_codename('change', opts)}")


def _ended() -> HttpResponse:
    text = _("The link to this preview is no longer valid. Ask for a new one.")
    return _notice(_("This preview has ended"), text, 410)


def _notice(title: str, text: str, status: int) -> HttpResponse:
    response = page(title, text, status)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
