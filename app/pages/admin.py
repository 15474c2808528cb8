from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from app.pages.models import HOME, Page
from app.tenancy.admin import SiteRelatedAdmin

#: With more pages than this, the parent is searched for instead of chosen from all of them.
LONGEST_SELECT = 200


class ParentField(forms.ModelChoiceField[Page]):
    """The page tree in a select box: each page is indented below its parent."""

    def label_from_instance(self, obj: Page) -> str:
        return "\u2003" * obj.path.strip("/").count("/") + choice_text(obj)


class FoundParentField(forms.ModelChoiceField[Page]):
    def label_from_instance(self, obj: Page) -> str:
        return choice_text(obj)


def choice_text(page: Page) -> str:
    return f"{page.title}  ({page.path})"


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

    def choice_text(self, row: Page) -> str:
        return choice_text(row)

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.path == HOME and (not change or {"slug", "parent"}.intersection(form.changed_data)):
            text = _("“%(title)s” is the home page of this site, because it has no slug.")
            self.message_user(request, text % {"title": obj.title}, messages.WARNING)

    @admin.display(description=_("title"), ordering="path")
    def indented_title(self, page: Page) -> str:
        depth = page.path.strip("/").count("/") if page.path != "/" else 0
        indents = format_html_join("", '<span class="indent"></span>', ((),) * depth)
        return format_html("{}{}", indents, page.title)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Page.objects.order_by("path")
            kwargs["form_class"] = ParentField
            if Page.objects.count() > LONGEST_SELECT:
                kwargs["form_class"] = FoundParentField
                kwargs["widget"] = AutocompleteSelect(db_field, self.admin_site)
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
