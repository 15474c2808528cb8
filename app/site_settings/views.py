"""The settings of the current site, for its own admins."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.site_settings.form import SettingsForm
from app.tenancy.admin import theme_preview
from app.tenancy.admin.newer_save import digests
from app.tenancy.admin.theme_fields import SHOWN, option_fields
from app.tenancy.current import current_site
from app.tenancy.models import LoggedAction, SiteProfile
from app.tenancy.sites.specification import specification_of
from app.tenancy.sites.write import host_lock, write_site

PERMISSION = "tenancy.change_siteprofile"


def edit(request: HttpRequest) -> HttpResponse:
    """The form, and its submission. 403 for a person who may not change the settings of this site."""
    refuse_others(request)
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if request.method != "POST":
        return _page(request, form_for(request))
    form = form_for(request)
    if form.is_valid():  # outside of the lock, which is one for all sites: the check of a long text takes its time
        with host_lock():
            profile = _profile()
            if specification_of(profile) != form.stored:
                # Of two people who save at one moment, the second one sees what the first one saved.
                form = form_for(request)
            else:
                form.instance = profile
            if form.is_valid():
                _save(request, form)
                return HttpResponseRedirect(request.path)
    return _page(request, form)


def refuse_others(request: HttpRequest) -> None:
    """Raises `PermissionDenied`."""
    # SECURITY: a permission holds on the current site, whose profile is the only one that this page reads or writes.
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def form_for(request: HttpRequest) -> SettingsForm:
    """The form of the current site, with what was sent."""
    profile = _profile()
    theme = request.POST.get(SHOWN, profile.theme) if request.method == "POST" else profile.theme
    made = type("SettingsForm", (SettingsForm,), {**option_fields(theme), "shown_theme": theme})
    return cast("SettingsForm", made(request.POST if request.method == "POST" else None, instance=profile))


def _profile() -> SiteProfile:
    """Of the current site, as it is stored now."""
    profiles = SiteProfile.objects.select_related("site").prefetch_related("site__aliases")
    return get_object_or_404(profiles, site=current_site().id)


def _save(request: HttpRequest, form: SettingsForm) -> None:
    if form.specification == form.stored:
        messages.info(request, _("Nothing was changed."))
        return
    write_site(form.specification, form.instance)
    labels = [str(form.fields[name].label) for name in form.changed_data if form.fields[name].label]
    entry = LogEntry.objects.create(
        user=cast("User", request.user),
        content_type=ContentType.objects.get_for_model(SiteProfile),
        object_id=str(form.instance.pk),
        object_repr=form.specification.name,
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"fields": labels}}]),
    )
    LoggedAction.objects.create(entry=entry)
    theme_preview.end_for(request, form.instance.site_id)
    messages.success(request, _("The settings were saved. Visitors see them in a few seconds."))


def _page(request: HttpRequest, form: SettingsForm) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Settings of this site"),
        "form": form,
        "adminform": AdminForm(form, form.fieldsets(), {}),
        "media": form.media,
        "opened_with": digests(form),
        "mended": form.mended_colours,
    }
    # With its context, in which `allow_import_maps` finds the import map of the editor.
    return TemplateResponse(request, "admin/site_settings/settings.html", context)
