"""Previews in the forms of the admin."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse

from app.publishing.models import Publishable
from app.publishing.previews.by_link import is_visible, path_of
from app.publishing.previews.of_form import preview_of
from app.publishing.previews.showing import has_page
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.admin.admin_site import address_on
from app.tenancy.current import current_site

Row = TypeVar("Row", bound=Publishable)


class PreviewsRows(SiteRelatedAdmin[Row]):
    """For a publishable model whose rows have pages: a link that shows a draft to anybody who has it, and a preview of
    what the form has beside the form."""

    def get_urls(self) -> list[URLPattern]:
        if not has_page(self.model):
            return super().get_urls()
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("add/preview/", view(self.preview_new), name=f"{name}_preview_new"),
            path("<path:object_id>/preview/", view(self.preview), name=f"{name}_preview"),
            *super().get_urls(),
        ]

    def preview_new(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._preview(request, None)

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return self._preview(request, row)

    def _preview(self, request: HttpRequest, row: Row | None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form_class = self.get_form(request, row, change=row is not None)
        return preview_of(request, form_class(request.POST, request.FILES, instance=row or self.model()))

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Row | None = None,
    ) -> HttpResponse:
        context |= {"preview_link": self._preview_link(request, obj), "preview": self._preview_address(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _preview_link(self, request: HttpRequest, row: Row | None) -> str:
        """Empty for what has no page or is published now."""
        if row is None or not has_page(self.model) or not self.has_change_permission(request, row) or is_visible(row):
            return ""
        return address_on(request, current_site().domain, path_of(row, request.user.pk or 0))

    def _preview_address(self, request: HttpRequest, row: Row | None) -> str:
        """Empty for what has no page or cannot be changed."""
        may = self.has_add_permission(request) if row is None else self.has_change_permission(request, row)
        if not may or not has_page(self.model):
            return ""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_preview"
        return reverse(f"{name}_new") if row is None else reverse(name, args=[quote(row.pk)])
