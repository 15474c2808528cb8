"""What a form has, saved or not, as visitors would see it. It is shown in a frame beside the form, and never stored."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, InterfaceError, transaction
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from app.publishing.previews.showing import shown
from app.tenancy.current import current_site
from app.tenancy.headers import inline_styles
from app.tenancy.headers.policy import preview_policy
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests.tenancy import RowPreview

log = logging.getLogger(__name__)

NOT_SHOWN = 422  # no 5xx, whose rate raises alerts
NOTHING = Http404, PermissionDenied


def preview_of(request: HttpRequest, form: ModelForm[Any]) -> HttpResponse:
    """The page that the values of a bound form make, or why there is none."""
    if not form.is_valid():
        return framed(message(request, _("The form has errors"), errors_of(form)))
    try:
        response = _shown(request, form.instance)
    except ValidationError as error:
        response = message(request, _("The form has errors"), error.messages)
    except NOTHING:
        response = message(request, _("Visitors would get “page not found” here"), [])
    except (DatabaseError, InterfaceError):
        raise
    except Exception as fault:
        # A kind of an agency, or a template, may raise anything for a row without a key. Its author reads the log.
        log.warning("A preview of %s cannot be shown", form.instance._meta.label, exc_info=fault)
        text = _("Its kind, or the theme, cannot show it before it is saved. The cause: %s")
        response = message(request, _("This page cannot be shown yet"), [text % f"{type(fault).__name__}: {fault}"])
    return framed(response)


def _shown(request: HttpRequest, row: Any) -> HttpResponse:
    with transaction.atomic():
        row.assign_site()
        row.derive()
        response = shown(request, row, RowPreview())
        transaction.set_rollback(True)
    leads_to = response.headers.get("Location")
    if leads_to:
        return message(request, _("This page leads elsewhere"), [leads_to], status=200)
    return response


def errors_of(form: ModelForm[Any]) -> list[str]:
    return [
        f"{form.fields[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    ]


def message(request: HttpRequest, title: str, lines: Iterable[str], status: int = NOT_SHOWN) -> HttpResponse:
    return render(request, "admin/publishing/not_shown.html", {"title": title, "lines": lines}, status=status)


def framed(response: HttpResponse, site: CurrentSite | None = None) -> HttpResponse:
    """The response with the headers that let a form show it in a frame. `site`: as it is shown, if not as stored."""
    # SECURITY: the one response that may be framed, by pages of the same host only. Nothing in it runs.
    site = site or current_site()
    response.headers["Content-Security-Policy"] = preview_policy(inline_styles.of_site(site), site.settings)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
