"""The list of menus with the places of the theme, and the page of a menu with its whole tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from app.menus.admin.entries import MenuEntryAdmin, page_of
from app.menus.admin.rows import rows_of
from app.menus.models import Menu, MenuEntry
from app.menus.moving import move
from app.menus.shown import HEADER
from app.menus.titles import titles_known
from app.menus.tree import MOST_ENTRIES
from app.menus.write import copy_pages, new_menu
from app.pages.admin.addresses import LONGEST_KEY
from app.pages.admin.moving_rows import Move, Outcome, list_changed, moved, read_move, reply
from app.pages.moving import ListChanged
from app.tenancy.admin import SiteRelatedAdmin
from app.themes.catalogue import current_theme

LIST = "admin:menus_menu_changelist"


@admin.register(Menu)
class MenuAdmin(SiteRelatedAdmin[Menu]):
    list_display = ("name", "shown_at", "number")
    search_fields = ("name",)
    change_form_template = "admin/menus/menu/change_form.html"
    change_list_template = "admin/menus/menu/change_list.html"

    class Media:
        css = {"all": ("pages/admin.css", "menus/admin.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Menu]:
        return super().get_queryset(request).annotate(number_of_entries=Count("entries"))

    @admin.display(description=_("place"), ordering="place")
    def shown_at(self, menu: Menu) -> str:
        return place_title(menu.place) if menu.place else str(_("none: not shown"))

    @admin.display(description=_("entries"), ordering="number_of_entries")
    def number(self, menu: Menu) -> int:
        return int(vars(menu)["number_of_entries"])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("copy-pages/", require_POST(view(self.copy_to_new)), name="menus_menu_copy_to_new"),
            path("<path:object_id>/copy-pages/", require_POST(view(self.copy_into)), name="menus_menu_copy"),
            path("<path:object_id>/move/", require_POST(view(self.move)), name="menus_menu_move"),
            *super().get_urls(),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "place":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        label, help_text = capfirst(db_field.verbose_name), db_field.help_text
        return forms.ChoiceField(choices=place_choices(""), required=False, label=label, help_text=help_text)

    def get_form(self, request: HttpRequest, obj: Menu | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        place = form.base_fields.get("place")
        if isinstance(place, forms.ChoiceField):
            place.choices = place_choices(obj.place if obj is not None else "")
        return form

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        menus = {menu.place: menu for menu in Menu.objects.exclude(place="")}
        places = [(name, title, menus.get(name)) for name, title in current_theme().menus.items()]
        may_copy = self.has_add_permission(request) and self._entries.has_add_permission(request)
        context = {"places": places, "theme": current_theme(), "header": HEADER, "may_copy": may_copy}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def response_add(self, request: HttpRequest, obj: Menu, post_url_continue: str | None = None) -> HttpResponse:
        # The next step is to give it entries.
        response = super().response_add(request, obj, post_url_continue)
        return page_of(obj.pk) if "_save" in request.POST else response

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context |= {"show_save_and_add_another": False}
        menu = kwargs.get("obj")
        if menu is not None:
            entries = self._entries
            rows = rows_of(menu, may_move=entries.has_change_permission(request))
            may_add = entries.has_add_permission(request) and len(rows) < MOST_ENTRIES
            context |= {
                "rows": rows,
                "most": MOST_ENTRIES,
                "may_add_entry": may_add,
                "may_move": entries.has_change_permission(request),
                "may_delete_entry": entries.has_delete_permission(request),
                "entry_form": entries.form_for_new(request, menu) if may_add else None,
                "is_hidden": bool(menu.place) and menu.place not in current_theme().menus,
                "theme": current_theme(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        menus = [menu.pk for menu in objs]
        with titles_known(MenuEntry.objects.filter(menu__in=menus).select_related("page")):
            return super().get_deleted_objects(objs, request)

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        menu = self._menu(object_id)
        sent = read_move(request.POST.get("move", ""))
        return reply(request, self._moved(request, menu, sent), reverse("admin:menus_menu_change", args=[menu.pk]))

    def _moved(self, request: HttpRequest, menu: Menu, sent: Move) -> Outcome:
        if not self._entries.has_change_permission(request):
            raise PermissionDenied
        key, other = key_of(sent.key), key_of(sent.other)
        try:
            entry, target = move(menu, key, other, sent.side, seen=dict(zip((key, other), sent.seen, strict=False)))
        except ListChanged:
            return list_changed()
        except ValidationError as error:
            return Outcome(400, f"{_('Nothing was moved.')} {' '.join(error.messages)}")
        self._entries.log_change(request, entry, [{"changed": {"fields": ["Below", "Position"]}}])
        return moved(sent.side, str(entry), str(target))

    def copy_to_new(self, request: HttpRequest) -> HttpResponse:
        """Makes a menu of the page tree, at a place of the theme that has none."""
        place = request.POST.get("place", "")
        if place not in current_theme().menus:
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        menu = new_menu(place)
        if menu is None:
            self.message_user(request, _("Nothing was copied: there is a menu at this place now."), messages.ERROR)
            return HttpResponseRedirect(reverse(LIST))
        self.log_addition(request, menu, [{"added": {}}])
        return self._copied(request, menu)

    def copy_into(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._copied(request, self._menu(object_id))

    def _copied(self, request: HttpRequest, menu: Menu) -> HttpResponse:
        if not self._entries.has_add_permission(request):
            raise PermissionDenied
        number = copy_pages(menu)
        if number:
            self.log_change(request, menu, [{"added": {"name": str(_("menu entries")), "object": str(number)}}])
            text = _("%d pages were copied. Now change their order and titles, or remove some; the pages stay.")
            self.message_user(request, text % number, messages.SUCCESS)
        else:
            text = _("Nothing was copied: the menu has entries, or the site has no page that is shown in menus.")
            self.message_user(request, text, messages.ERROR)
        return page_of(menu.pk)

    @property
    def _entries(self) -> MenuEntryAdmin:
        return cast("MenuEntryAdmin", self.admin_site.get_model_admin(MenuEntry))

    def _menu(self, object_id: str) -> Menu:
        menu: Menu | None = Menu.objects.filter(pk=key_of(object_id)).first()
        if menu is None:
            raise Http404
        return menu


def key_of(text: str) -> int:
    """Raises `Http404` for what is no key."""
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_KEY):
        raise Http404
    return int(text)


def place_title(place: str) -> str:
    found = current_theme().menus.get(place)
    return found or str(_("%s (this theme does not show it)") % place)


def place_choices(stored: str) -> list[tuple[str, str]]:
    """The places of the theme, and the one that a menu has, even if another theme had it."""
    offered = dict.fromkeys([*current_theme().menus, *filter(None, [stored])])
    return [("", str(_("none: not shown"))), *((place, place_title(place)) for place in offered)]
