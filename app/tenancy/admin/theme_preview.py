"""The preview of a theme, from the form of a site; see `app.tenancy.requests.theme_preview`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.contrib.auth.views import redirect_to_login
from django.contrib.sites.models import Site
from django.forms import Field
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from app.tenancy.admin.switch import address_after
from app.tenancy.admin.theme_fields import SHOWN, note_on_unused, option_fields, unused_options
from app.tenancy.requests.tenancy import ThemePreview
from app.tenancy.requests.theme_preview import end_preview, preview_of, start_preview
from app.tenancy.sites.specification import SiteSpecification
from app.tenancy.sites.theme_options import stored_options


@require_POST
@csrf_protect
@never_cache
def end(request: HttpRequest) -> HttpResponseRedirect:
    """Ends the preview of this session, then redirects to `next`."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("admin:index"))
    end_preview(request)
    return HttpResponseRedirect(address_after(request))


def start(request: HttpRequest, site_id: int, site: SiteSpecification) -> HttpResponseRedirect:
    """Starts the preview of a site with the theme and options of its form, and leads to its home page."""
    start_preview(request, site_id, site.theme, stored_options(site.settings))
    return HttpResponseRedirect("/")


def end_for(request: HttpRequest, site_id: int) -> None:
    """The site was saved: what it is now is shown from here on."""
    if _preview_for(request, site_id) is not None:
        end_preview(request)


class Shown(NamedTuple):
    """What the form of a site shows: the options of a theme, the values of a preview if there is one, and a note."""

    theme: str
    fields: Mapping[str, Field]
    preview: ThemePreview | None
    note: str


def shown_in_form(request: HttpRequest, site: Site | None) -> Shown:
    stored, options = ("", {}) if site is None else (site.profile.theme, stored_options(site.profile.settings))
    preview = _preview_for(request, site.pk) if site is not None else None
    if request.method == "POST":
        theme = request.POST.get(SHOWN, stored)
        return Shown(theme, option_fields(theme) if SHOWN in request.POST else {}, None, "")
    theme = preview.theme if preview else stored
    button = format_html('<button class="button" form="end_preview_form">{}</button>', _("End the preview"))
    notes = [format_html("{} {}", _("This is your preview, which is not saved."), button)] if preview else []
    unused = unused_options(options, theme)
    if unused:
        notes.append(note_on_unused(unused))
    return Shown(theme, option_fields(theme), preview, format_html_join(" ", "{}", ((note,) for note in notes)))


def _preview_for(request: HttpRequest, site_id: int) -> ThemePreview | None:
    preview = preview_of(request)
    return preview if preview is not None and preview.site_id == site_id else None
