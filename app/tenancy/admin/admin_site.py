"""The admin site: who may enter, the switcher, and the check that a form is saved on the site it was opened on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from app.tenancy.admin import status, switch, theme_preview
from app.tenancy.admin.autocomplete import Choices
from app.tenancy.admin.front import groups, panels
from app.tenancy.admin.front.first_steps import hide_first_steps
from app.tenancy.admin.import_maps import allow_import_maps
from app.tenancy.admin.per_site import only_where_on
from app.tenancy.admin.recent_sites import recent_first, recent_sites
from app.tenancy.admin.rows_of_site import RowsOfSiteAdmin, bound_to_site
from app.tenancy.admin.site_related import with_offered_filters
from app.tenancy.current import current_site
from app.tenancy.models import SiteRelated
from app.tenancy.people.permissions import SitesOf, may_work_on, sites_of
from app.tenancy.site_apps import routed_where_on

security = logging.getLogger("django.security.DisallowedModelAdminLookup")

#: Name of the hidden field with the site under which a form was opened.
OPENED_UNDER = "_opened_under_site"
MAY_ENTER = "_may_enter_by_person_and_site"
SITES_OF = "_sites_by_person"
SITES_IN_MENU = 12
SITES_LISTED = 200


class SiteAdmin(AdminSite):
    site_header = _("Colonnade")
    site_title = _("Colonnade")
    index_title = _("Overview")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As in Django, but a model that is not site-related is for superusers, unless its class says otherwise.

        Every class takes only the filters that its list offers, those of other packages too.
        """
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        for model in models:
            bound = bound_to_site(model, admin_class or ModelAdmin)
            super().register(model, only_where_on(model, with_offered_filters(bound)), **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Read from the database once in a request."""
        known: dict[tuple[Any, int], bool] = request.__dict__.setdefault(MAY_ENTER, {})
        # SECURITY: keyed by both: a request may sign a person in, and may change the site.
        key = (request.user.pk, current_site().id)
        if key not in known:
            known[key] = may_work_on(request.user, current_site().id)
        return known[key]

    def sites_of(self, request: HttpRequest) -> SitesOf:
        """Read from the database once in a request."""
        known: dict[Any, SitesOf] = request.__dict__.setdefault(SITES_OF, {})
        # SECURITY: keyed by the person: a request may sign one in.
        if request.user.pk not in known:
            known[request.user.pk] = sites_of(request.user)
        return known[request.user.pk]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            opened_under = request.POST.get(OPENED_UNDER)
            if opened_under is not None and opened_under != str(current_site().id):
                return self.wrong_site(request, opened_under)
            try:
                response: HttpResponseBase = view(request, *args, **kwargs)
            except Http404:
                # SECURITY: one response for a row that was deleted and for one of another site.
                return self.refused(request, 404, _("Not found"))
            except DisallowedModelAdminLookup as error:
                security.error(str(error), extra={"status_code": 400, "request": request})  # as Django does
                return self.refused(request, 400, _("This list cannot be filtered like this"))
            allow_import_maps(response)
            return response

        guarded.__dict__.update(view.__dict__)
        return super().admin_view(guarded, cacheable)

    def refused(self, request: HttpRequest, status: int, title: Any) -> HttpResponse:
        """For a person who may enter the admin: in its looks, not in those of the site's theme."""
        popup = {"is_popup": IS_POPUP_VAR in request.GET, "path": request.path}
        context = {**self.each_context(request), **popup, "title": title, "status": status}
        return render(request, "admin/refused.html", context, status=status)

    def wrong_site(self, request: HttpRequest, opened_under: str) -> HttpResponse:
        """409: the form was opened under one site and submitted under another; nothing was saved."""
        mine = self.sites_of(request).by_name
        context = {
            **self.each_context(request),
            "title": _("Not saved: you are on another site now"),
            "opened_under": next((site for site in mine if str(site.id) == opened_under), None),
            "next": request.get_full_path(),
        }
        return render(request, "admin/wrong_site.html", context, status=409)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        site = current_site()
        mine = self.sites_of(request) if self.has_permission(request) else SitesOf()
        is_cut = len(mine.by_name) > SITES_IN_MENU
        name = request.resolver_match.url_name if request.resolver_match else None
        return {
            **super().each_context(request),
            "site": site,  # the sign-in view would put the Site row here, which has no colour
            "site_url": address_on(request, site.domain, "/"),
            "my_sites": recent_first(request, mine, most=SITES_IN_MENU) if is_cut else mine.by_name,
            "more_sites": len(mine.by_name) if is_cut else 0,
            # A list exists on every site; a single row does not.
            "after_switch": request.path if name and name.endswith("_changelist") else reverse("admin:index"),
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {"panels": panels.rendered(request), **(extra_context or {})})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        title = {"title": apps.get_app_config(app_label).verbose_name}
        return super().app_index(request, app_label, {**title, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """By group, not by app: an editor knows no apps. One app, for its own page, is as Django lists it."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        return groups.grouped(request, self)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("switch-site/", switch.switch_site, name="switch-site"),
            path("edit-on/<int:site_id>/", switch.edit_on, name="edit-on"),
            path("end-theme-preview/", theme_preview.end, name="end-theme-preview"),
            path("status/", self.admin_view(self.status), name="status"),
            path("hide-first-steps/", require_POST(self.admin_view(hide_first_steps)), name="hide-first-steps"),
            path("choose-site/", self.admin_view(self.choose_site), name="choose-site"),
            path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(self.view_on_site)),
            *[routed_where_on(str(entry.pattern).partition("/")[0], entry) for entry in super().get_urls()],
        ]

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Choices.as_view(admin_site=self)(request)

    def status(self, request: HttpRequest) -> HttpResponse:
        return status.status(request, self.each_context(request))

    def choose_site(self, request: HttpRequest) -> HttpResponse:
        """All sites that a person may work on, with search by name or domain; without one, her recent ones first."""
        wanted, mine = request.GET.get("q", "").strip(), self.sites_of(request)
        text, found = wanted.casefold(), mine.by_name
        if text:
            found = [site for site in found if text in site.name.casefold() or text in site.domain]
        context = {
            **self.each_context(request),
            "title": _("Choose a site"),
            "recent": [] if wanted or len(found) <= SITES_IN_MENU else recent_sites(request, mine),
            "found": found[:SITES_LISTED],
            "total": len(found),
            "is_cut": len(found) > SITES_LISTED,
            "q": wanted,
        }
        return render(request, "admin/choose_site.html", context)

    def view_on_site(self, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponseBase:
        """Replaces Django's `/admin/r/`, which sees rows of every site; here another site's row is a 404."""
        try:
            model = ContentType.objects.get_for_id(int(content_type_id)).model_class()
            row = self._rows(request, model).get(pk=object_id)
        except (ValueError, ObjectDoesNotExist):
            raise Http404 from None
        permission = f"{row._meta.app_label}.view_{row._meta.model_name}"
        if not hasattr(row, "get_absolute_url") or not request.user.has_perm(permission):
            raise Http404
        return HttpResponseRedirect(address_on(request, current_site().domain, row.get_absolute_url()))

    def _rows(self, request: HttpRequest, model: Any) -> Any:
        """The rows of a model on the current site; raises `Http404` for a model whose rows belong to no site."""
        if model is not None and issubclass(model, SiteRelated):
            return model.objects.get_queryset()
        model_admin = self._registry.get(model)
        if not isinstance(model_admin, RowsOfSiteAdmin):
            raise Http404
        return model_admin.get_queryset(request)


def address_on(request: HttpRequest, domain: str, path: str) -> str:
    """A path on another domain, with the scheme and the port of the request's address."""
    host, _colon, port = request.get_host().rpartition(":")
    suffix = f":{port}" if host and port.isdigit() else ""
    return f"{request.scheme}://{domain}{suffix}{path}"
