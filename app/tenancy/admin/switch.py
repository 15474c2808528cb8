"""Switching between the sites that a person may work on."""

from __future__ import annotations

import logging

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.views import redirect_to_login
from django.contrib.sites.models import Site
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from app.tenancy.admin.recent_sites import note_switch
from app.tenancy.audit.record import Event, record_all
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import current_site, use_site
from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import ARCHIVED, SiteEntry
from app.tenancy.models import LoggedAction
from app.tenancy.people.permissions import may_work_on
from app.tenancy.requests.next_address import stays_on_host
from app.tenancy.requests.sessions import choose

log = logging.getLogger(__name__)

SWITCHED = "Switched to this site."


# SECURITY: POST with a CSRF token only: with GET, an image tag on any page could switch an editor's site.
@require_POST
@csrf_protect
@never_cache
def switch_site(request: HttpRequest) -> HttpResponseRedirect:
    """Makes `site_id` the site of this session, then redirects to `next`. 404 unknown, 403 not permitted."""
    if not request.user.is_authenticated:
        # SECURITY: before the look-up: visitors must not learn which ids exist.
        return redirect_to_login(reverse("admin:index"))
    site = _wanted(request.POST.get("site_id", ""))
    if not may_work_on(request.user, site.id):
        log.warning("User %s may not switch to site %s", request.user.pk, site.id)
        raise PermissionDenied
    before = current_site().id
    choose(request, site)
    note_switch(request, site, before=before)
    log.info("User %s switched to site %s", request.user.pk, site.id)
    _audit(request, site)
    return HttpResponseRedirect(address_after(request))


@never_cache
def edit_on(request: HttpRequest, site_id: int) -> HttpResponse:
    """GET `?next=…`: leads to a page of the admin under a site. From another site, the person switches first, by a
    form: a link changes nothing."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    site, wanted = _wanted(str(site_id)), request.GET.get("next", "")
    if not may_work_on(request.user, site.id):
        raise PermissionDenied
    if site.id == current_site().id:
        return HttpResponseRedirect(wanted if stays_on_host(request, wanted) else reverse("admin:index"))
    context = {"title": _("Edit on another site"), "wanted": site, "next": wanted}
    return render(request, "admin/edit_on.html", {**admin.site.each_context(request), **context})


def _wanted(raw: str) -> SiteEntry:
    # Python refuses to parse a number of thousands of digits; no id has more than 19.
    is_id = raw.isascii() and raw.isdigit() and len(raw) < 20
    entry = directory.snapshot().sites.get(int(raw)) if is_id else None
    if entry is None or entry.state == ARCHIVED:
        raise Http404
    return entry


def _audit(request: HttpRequest, site: SiteEntry) -> None:
    record_all([Event(Verb.SWITCHED_SITE, site.id)])
    with use_site(site):
        entries = LogEntry.objects.log_actions(
            request.user.pk or 0,  # signed in: may_work_on() said so
            Site.objects.filter(pk=site.id),
            CHANGE,
            SWITCHED,
        )
        for entry in entries or ():
            LoggedAction.objects.create(entry=entry)


def address_after(request: HttpRequest) -> str:
    """`next` of a form, if it is on this host."""
    wanted = request.POST.get("next", "")
    # SECURITY: only this host; otherwise the switcher would redirect to any address in a link.
    if stays_on_host(request, wanted):
        return wanted
    return reverse("admin:index")
