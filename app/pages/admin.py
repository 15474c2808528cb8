from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from app.pages.models import Page
from app.tenancy.admin import SiteRelatedAdmin


class ParentField(forms.ModelChoiceField[Page]):
    """The page tree in a select box: each page is indented below its parent."""

    def label_from_instance(self, obj: Page) -> str:
        return "\u2003" * obj.path.strip("/").count("/") + f"{obj.title}  ({obj.path})"


@admin.register(Page)
class PageAdmin(SiteRelatedAdmin[Page]):
    list_display = ("indented_title", "path", "position", "status", "publish_at", "in_menus")
    list_editable = ("position",)
    list_filter = ("status", "in_menus")
    search_fields = ("title", "slug", "path", "body")
    autocomplete_fields = ()
    ordering = ("path",)
    actions = ("publish", "withdraw")
    fieldsets = (
        (None, {"fields": ("title", "slug", "parent", "body")}),
        (_("Publishing"), {"fields": ("status", "publish_at", "expire_at")}),
        (_("Navigation and search engines"), {"fields": ("in_menus", "position", "description")}),
    )

    @admin.display(description=_("title"), ordering="path")
    def indented_title(self, page: Page) -> str:
        depth = page.path.strip("/").count("/") if page.path != "/" else 0
        return format_html('<span style="padding-left: {}em">{}</span>', depth * 1.5, page.title)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["form_class"] = ParentField
            kwargs["queryset"] = Page.objects.order_by("path")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=_("Publish the selected pages"), permissions=["change"])
    def publish(self, request: HttpRequest, pages: Any) -> None:
        for page in pages:
            page.status = Page.Status.PUBLISHED
            page.save(update_fields={"status"})
            self.log_change(request, page, [{"changed": {"fields": ["Status"]}}])

    @admin.action(description=_("Turn the selected pages into drafts"), permissions=["change"])
    def withdraw(self, request: HttpRequest, pages: Any) -> None:
        for page in pages:
            page.status = Page.Status.DRAFT
            page.save(update_fields={"status"})
            self.log_change(request, page, [{"changed": {"fields": ["Status"]}}])
