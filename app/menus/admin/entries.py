"""The form of an entry. It leads back to the page of its menu, where new entries are added too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from app.menus.admin.rows import titles_in_tree
from app.menus.models import Menu, MenuEntry
from app.menus.moving import last_position
from app.menus.titles import titles_known
from app.pages.admin.addresses import LONGEST_KEY
from app.pages.admin.link import target_choices
from app.pages.admin.parents import field_options
from app.pages.links import menu_targets
from app.tenancy.admin import SiteRelatedAdmin

CHANGE_MENU = "admin:menus_menu_change"


@admin.register(MenuEntry)
class MenuEntryAdmin(SiteRelatedAdmin[MenuEntry]):
    list_display = ("__str__", "menu", "leads_to")
    search_fields = ("title", "page__title", "address")
    change_form_template = "admin/menus/menuentry/change_form.html"
    delete_confirmation_template = "admin/menus/menuentry/delete_confirmation.html"
    #: An entry of "Activity" is about the menu, which is what people know.
    records_itself = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[MenuEntry]:
        return super().get_queryset(request).select_related("menu", "page")

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if isinstance(response, TemplateResponse) and listed is not None:
            with titles_known(listed.result_list):
                response.render()
        return response

    @admin.display(description=_("leads to"))
    def leads_to(self, entry: MenuEntry) -> str:
        return entry.page.path if entry.page is not None else entry.address or entry.target

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:  # noqa: ARG002  # Django's signature
        return {}  # not in the overview: entries are on the pages of their menus

    def get_fields(self, request: HttpRequest, obj: MenuEntry | None = None) -> Any:  # noqa: ARG002  # as Django's
        fields = ("page", "target", "address", "title", "parent")
        return fields if obj is not None else (*fields, "menu")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "target":
            return forms.ChoiceField(choices=target_choices(), required=False, label=capfirst(db_field.verbose_name))
        if db_field.name == "page":
            kwargs |= field_options(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.is_relation:
            for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, name, False)
        return field

    def get_form(self, request: HttpRequest, obj: MenuEntry | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        parent = form.base_fields.get("parent")
        if isinstance(parent, forms.ModelChoiceField):
            offer_parents(parent, obj.menu if obj is not None else menu_of(request))
        target = form.base_fields.get("target")
        if isinstance(target, forms.ChoiceField) and obj is not None and obj.target not in menu_targets():
            target.choices = target_choices(obj.target)
        return form

    def form_for_new(self, request: HttpRequest, menu: Menu) -> Any:
        """An empty form, for the page of the menu."""
        made: Any = self.get_form(request, None)(initial={"menu": menu.pk})
        made.fields["menu"].widget = forms.HiddenInput()
        offer_parents(made.fields["parent"], menu)
        return made

    def save_model(self, request: HttpRequest, obj: MenuEntry, form: Any, change: bool) -> None:
        if not change or "parent" in form.changed_data:
            obj.position = last_position(obj.menu_id, obj.parent_id)
        super().save_model(request, obj, form, change)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = kwargs.get("obj")
        context |= {"menu": entry.menu if entry is not None else menu_of(request)}
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: MenuEntry) -> HttpResponseRedirect:  # noqa: ARG002
        return page_of(obj.menu_id)

    response_post_save_change = response_post_save_add

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = self.get_object(request, object_id)
        menu_id = entry.menu_id if entry is not None else None
        response: HttpResponse = super().delete_view(request, object_id, *args, **kwargs)
        is_done = menu_id is not None and isinstance(response, HttpResponseRedirect)
        return page_of(menu_id) if is_done and menu_id is not None else response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        menus = {entry.menu_id for entry in objs}  # what is below an entry is deleted too
        with titles_known(MenuEntry.objects.filter(menu__in=menus).select_related("page")):
            return super().get_deleted_objects(objs, request)

    # The history of a menu has what happened to its entries.

    def log_addition(self, request: HttpRequest, obj: MenuEntry, message: Any) -> Any:
        self._log_on_menu(request, obj, "added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: MenuEntry, message: Any) -> Any:
        if message:
            self._log_on_menu(request, obj, "changed", message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        with titles_known(queryset):
            for entry in queryset:
                self._log_on_menu(request, entry, "deleted")
            return super().log_deletions(request, queryset)

    def _log_on_menu(self, request: HttpRequest, entry: MenuEntry, action: str, message: Any = ()) -> None:
        what: dict[str, Any] = {"name": str(self.opts.verbose_name), "object": str(entry)}
        if action == "changed":
            changed = (part.get("changed", {}) for part in message if isinstance(part, dict))
            what["fields"] = [field for part in changed for field in part.get("fields", ())]
        menus = self.admin_site.get_model_admin(Menu)
        menus.log_change(request, entry.menu, [{action: what}])


def offer_parents(field: Any, menu: Menu | None) -> None:
    """The entries of a menu in the order of its tree; none while the menu is not chosen."""
    entries = list(menu.entries.select_related("page")) if menu is not None else []
    field.queryset = MenuEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    field.choices = [("", gettext("the top of the menu")), *titles_in_tree(entries)]


def page_of(menu_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(CHANGE_MENU, args=[menu_id]))


def menu_of(request: HttpRequest) -> Menu | None:
    """The menu that a form for a new entry is about."""
    key = request.POST.get("menu") or request.GET.get("menu") or ""
    is_key = key.isascii() and key.isdecimal() and len(key) < LONGEST_KEY
    found: Menu | None = Menu.objects.filter(pk=int(key)).first() if is_key else None
    return found
