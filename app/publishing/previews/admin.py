"""Previews in the forms of the admin."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from app.publishing.models import Publishable
from app.publishing.previews.by_link import is_visible, path_of
from app.publishing.previews.showing import has_page
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.admin.admin_site import address_on
from app.tenancy.current import current_site

Row = TypeVar("Row", bound=Publishable)


class PreviewsRows(SiteRelatedAdmin[Row]):
    """For a publishable model: a link that shows a draft to anybody who has it, if its rows have pages."""

    change_form_template = "admin/publishing/change_form.html"

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Row | None = None,
    ) -> HttpResponse:
        context |= {"preview_link": self._preview_link(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _preview_link(self, request: HttpRequest, row: Row | None) -> str:
        """Empty for what has no page or is published now."""
        if row is None or not has_page(self.model) or not self.has_change_permission(request, row) or is_visible(row):
            return ""
        return address_on(request, current_site().domain, path_of(row, request.user.pk or 0))
