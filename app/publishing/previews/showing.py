"""A row as its visitors would see it, whatever it is now."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from django.utils.encoding import uri_to_iri

from app.tenancy.current import current_site
from app.tenancy.language import in_language_of
from app.tenancy.requests.tenancy import RowPreview, tenancy_of

#: Makes the page of a row, from the request of a visitor.
Show = Callable[[HttpRequest, Any], HttpResponseBase]
_shown_by: dict[type[models.Model], Show] = {}


def register_page(model: type[models.Model], show: Show) -> None:
    """In `ready()` of an app whose model has no method `serve(request, is_draft=…)`."""
    _shown_by[model] = show


def has_page(model: type[models.Model]) -> bool:
    """Whether rows of a model can be previewed: they have an address, and something makes a page of them."""
    return hasattr(model, "get_absolute_url") and (model in _shown_by or hasattr(model, "serve"))


def shown(request: HttpRequest, row: Any, preview: RowPreview) -> HttpResponse:
    """The response to a visitor. Nothing that is saved or kept meanwhile stays. Raises what making the page raises."""
    tenancy_of(request).row_preview = preview
    visit = visit_of(request, row.get_absolute_url())
    show = _shown_by.get(type(row))
    return made(lambda: row.serve(visit, is_draft=False) if show is None else show(visit, row))


def made(make: Callable[[], HttpResponseBase]) -> HttpResponse:
    """What `make` returns, of which only status, type and content are kept. Its changes are undone."""
    # SECURITY: inside of a transaction nothing is kept for visitors (app.tenancy.content_cache).
    with transaction.atomic(), in_language_of(current_site()):
        response = make()
        content = _content(response)
        transaction.set_rollback(True)
    made = HttpResponse(content, status=response.status_code)
    for name in ("Content-Type", "Location"):
        if name in response.headers:
            made.headers[name] = response.headers[name]
    made.headers["Cache-Control"] = "private, no-store"
    made.headers["X-Robots-Tag"] = "noindex"
    made.headers["Referrer-Policy"] = "no-referrer"
    return made


def visit_of(request: HttpRequest, address: str) -> HttpRequest:
    """The request of a visitor who is not signed in for the page at an address of the current site."""
    visit: Any = copy.copy(request)
    path = uri_to_iri(address)
    visit.META = {**request.META, "REQUEST_METHOD": "GET", "QUERY_STRING": "", "PATH_INFO": path}
    visit.method, visit.path, visit.path_info = "GET", path, path
    visit.GET, visit.POST, visit._files = QueryDict(), QueryDict(), MultiValueDict()
    visit.user = AnonymousUser()
    return visit  # type: ignore[no-any-return]


def _content(response: HttpResponseBase) -> bytes:
    if hasattr(response, "render") and not response.is_rendered:  # type: ignore[attr-defined]  # TemplateResponse
        response.render()
    return response.getvalue()
