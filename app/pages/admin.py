from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from app.pages.models import HOME, Page, pages_below
from app.publishing.admin import PublishableAdmin
from app.publishing.rich_text import sanitise

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
class PageAdmin(PublishableAdmin[Page]):
    list_display = ("indented_title", "path", "position", "status", "publish_at", "in_menus")
    list_editable = ("position",)
    list_filter = ("status", "in_menus")
    search_fields = ("title", "slug", "path", "body")
    autocomplete_fields = ()
    ordering = ("path",)
    fieldsets = (
        (None, {"fields": ("title", "slug", "parent", "body")}),
        (_("Publishing"), {"fields": ("status", "publish_at", "expire_at")}),
        (_("Navigation and search engines"), {"fields": ("in_menus", "position", "in_sitemap", "description")}),
    )

    def choice_text(self, row: Page) -> str:
        return choice_text(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Page | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is None or self.has_publish_permission(request):
            return fields
        # SECURITY: a draft that moves takes the published pages below it along.
        moves_published = pages_below(obj.pk).filter(status=Page.Status.PUBLISHED).exists()
        return (*fields, "slug", "parent") if moves_published else fields

    def get_fieldsets(self, request: HttpRequest, obj: Page | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        # Django shows the source of a field that cannot be changed.
        shown = ("shown_body" if name == "body" else name for name in found[0][1]["fields"])
        return [(found[0][0], {**found[0][1], "fields": tuple(shown)}), *found[1:]]

    @admin.display(description=_("body"))
    def shown_body(self, page: Page) -> str:
        return format_html("<div>{}</div>", sanitise(page.body))

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.path == HOME and (not change or {"slug", "parent"}.intersection(form.changed_data)):
            text = _("“%(title)s” is the home page of this site, because it has no slug.")
            self.message_user(request, text % {"title": obj.title}, messages.WARNING)

    @admin.display(description=_("title"), ordering="path")
    def indented_title(self, page: Page) -> str:
        depth = page.path.strip("/").count("/") if page.path != "/" else 0
        indents = format_html_join("", '<span class="indent">{}</span>', (("",),) * depth)
        return format_html("{}{}", indents, page.title)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Page.objects.order_by("path")
            kwargs["form_class"] = ParentField
            if Page.objects.count() > LONGEST_SELECT:
                kwargs["form_class"] = FoundParentField
                kwargs["widget"] = AutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
