"""The home page with the settings of the form, beside the form. Nothing is saved."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.translation import gettext as _

from app.publishing.previews.of_form import NOTHING, errors_of, framed, message
from app.publishing.previews.showing import made, visit_of
from app.site_settings.views import form_for, refuse_others
from app.tenancy.current import activate, current_site
from app.tenancy.hosts.snapshot import CurrentSite
from app.tenancy.requests.tenancy import RowPreview, tenancy_of
from app.tenancy.sites.specification import SiteSpecification
from app.tenancy.text_cache import keeping_nothing

log = logging.getLogger(__name__)


@keeping_nothing()
def preview(request: HttpRequest) -> HttpResponse:
    """The page, or why there is none."""
    refuse_others(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = form_for(request)
    if not form.is_valid():
        return framed(message(request, _("The form has errors"), errors_of(form)))
    site = _as_described(form.specification)
    try:
        response = _shown(request, site)
    except NOTHING:
        response = message(request, _("Visitors would get “page not found” here"), [])
    except (DatabaseError, InterfaceError):
        raise
    except Exception as fault:
        # A theme may raise anything.
        log.warning("A preview of the settings cannot be shown", exc_info=fault)
        response = message(request, _("The theme cannot show this page"), [f"{type(fault).__name__}: {fault}"])
    return framed(response, site)


def _as_described(site: SiteSpecification) -> CurrentSite:
    settings = json.dumps(dict(site.settings))
    stored = current_site()
    return stored._replace(name=site.name, theme=site.theme, colour=site.colour, settings=settings, source="session")


def _shown(request: HttpRequest, site: CurrentSite) -> HttpResponse:
    # SECURITY: as a visitor who is not signed in. The request itself stays the one of the stored site.
    visit = visit_of(request, "/")
    vars(visit)["tenancy"] = replace(tenancy_of(request), site=site, row_preview=RowPreview())

    def home() -> HttpResponseBase:
        match = resolve("/")
        visit.resolver_match = match
        response: HttpResponseBase = match.func(visit, *match.args, **match.kwargs)
        return response

    with activate(site):
        response = made(home)
    leads_to = response.headers.get("Location")
    if leads_to:
        return message(request, _("The home page leads elsewhere"), [leads_to], status=200)
    return response
