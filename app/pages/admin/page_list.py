"""The one list of all pages of the site, and the form of the standard page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from app.pages.admin.addresses import add_below, address_of, may_have_below, page_with_key
from app.pages.admin.form import PageForm
from app.pages.admin.move import move_page
from app.pages.admin.moving_rows import handle, row_beside
from app.pages.kinds import allowed_below, help_text_of, kind_named, kind_of, kinds_here, label_of, title_of
from app.pages.models import Page
from app.pages.tree_order import Place, places


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [(label_of(kind), title_of(kind)) for kind in kinds_here()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002  # Django's signature
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PageTree(ChangeList):
    """The pages in the order of their tree, until a person sorts them. Each row leads to the form of its kind."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: dict[int, Place] = {}
        if ORDER_VAR not in self.params:
            most = self.list_max_show_all if self.show_all else self.list_per_page
            start = 0 if self.show_all else (self.page_num - 1) * self.list_per_page
            found = {place.key: place for place in places(self.queryset, start=start, most=most)}
            rows = Page.objects.defer("body").in_bulk(found)
            self.result_list = [rows[key] for key in found]
        of_kind = {label: _of_kind(label) for label in {row.kind for row in self.result_list}}
        for row in self.result_list:
            form = cast("PageAdmin", self.model_admin).admin_of(kind_of(row))
            may_change = form.has_change_permission(request, row)
            vars(row)["shown"] = Shown(found.get(row.pk), may_change, *of_kind[row.kind])

    def get_ordering_field_columns(self) -> Any:
        # Django would say that the list is sorted by the first field of its default.
        return super().get_ordering_field_columns() if ORDER_VAR in self.params else {}

    def url_for_result(self, result: Any) -> str:
        return address_of("change", kind_of(result), quote(result.pk))


@admin.register(Page)
class PageAdmin(PageForm):
    place_in_group = 10
    list_display = ("handle", "indented_title", "shown_kind", "path", "status", "publish_at", "in_menus", "add_below")
    list_display_links = ("indented_title",)
    list_filter = (KindFilter, "status", "in_menus")
    change_list_template = "admin/pages/page/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        choose = self.admin_site.admin_view(self.choose_kind)
        return [
            path("kinds/", choose, name="pages_page_choose_kind"),
            path("move/", require_POST(self.admin_site.admin_view(self.move)), name="pages_page_move"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002  # as Django's
        return PageTree

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        may_add = bool(self._addable(request, kinds_here()))
        return super().changelist_view(request, {**(extra_context or {}), "may_add_page": may_add})

    def move(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return move_page(self, request)

    @admin.display(description=_("move"))
    def handle(self, page: Page) -> str:
        shown = _shown(page)
        if shown.place is None:
            return ""
        if not shown.may_change:
            return row_beside(page.pk, shown.place)
        move_in, move_out = gettext("Move in, below the page before"), gettext("Move out, after the page above")
        return handle(page.pk, page.title, shown.place, move_in=move_in, move_out=move_out)

    @admin.display(description=_("title"), ordering="path")
    def indented_title(self, page: Page) -> str:
        place = _shown(page).place
        indents = '<span class="indent"></span>' * (place.depth if place is not None else 0)
        return SafeString(f'<span class="in-tree">{indents}<span>{escape(page.title)}</span></span>')

    @admin.display(description=_("kind"), ordering="kind")
    def shown_kind(self, page: Page) -> str:
        return _shown(page).kind

    @admin.display(description=_("below"))
    def add_below(self, page: Page) -> str:
        if not _shown(page).may_have_below:
            return ""
        text = _("Add a page below “%s”") % page.title
        link = '<a class="add-below addlink" href="{}" title="{}" aria-label="{}"></a>'
        return format_html(link, add_below(page), text, text)

    def get_list_display(self, request: HttpRequest) -> Any:
        left_out = set() if self._addable(request, kinds_here()) else {"add_below"}
        if IS_POPUP_VAR in request.GET or not self.has_change_permission(request):
            left_out.add("handle")
        return [name for name in super().get_list_display(request) if name not in left_out]

    def choose_kind(self, request: HttpRequest) -> HttpResponse:
        """The kinds for a new page: all, or with `?parent=` those that may be below that page."""
        if not self._addable(request, kinds_here()):
            raise PermissionDenied
        key = request.GET.get("parent")
        parent = page_with_key(key) if key else None
        if key and parent is None:
            raise Http404
        allowed = kinds_here() if parent is None else list(allowed_below(kind_of(parent)))
        offered = self._addable(request, allowed)
        query = f"?parent={parent.pk}" if parent is not None else ""
        choices = [
            {
                "address": address_of("add", kind) + query,
                "icon": static(kind.icon),
                "title": title_of(kind),
                "help_text": help_text_of(kind),
            }
            for kind in offered
        ]
        if len(choices) == 1:
            return HttpResponseRedirect(str(choices[0]["address"]))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        context |= {"title": _("Add a page"), "parent": parent, "choices": choices}
        return TemplateResponse(request, "admin/pages/page/choose_kind.html", context)

    def _addable(self, request: HttpRequest, kinds: Iterable[type[Page]]) -> list[type[Page]]:
        return [kind for kind in kinds if self.admin_of(kind).has_add_permission(request)]

    def admin_of(self, kind: type[Page]) -> PageForm:
        return cast("PageForm", self.admin_site.get_model_admin(kind))

    # A page of another kind has its form, its history and its deletion there, with the permissions of that kind.

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._at_its_kind("change", object_id) or super().change_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._at_its_kind("delete", object_id) or super().delete_view(request, object_id, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._at_its_kind("history", object_id) or super().history_view(request, object_id, *args, **kwargs)

    def version_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        return self._at_its_kind("history", object_id) or super().version_view(request, object_id, number)

    def _at_its_kind(self, view: str, object_id: str) -> HttpResponse | None:
        page = page_with_key(unquote(object_id))
        kind = Page if page is None else kind_of(page)
        return None if kind is Page else HttpResponseRedirect(address_of(view, kind, object_id))

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        # What else such a page has is in a table that only its app knows, and still refers to the page.
        is_complete = obj is None or kind_named(obj.kind) is not None
        return is_complete and super().has_delete_permission(request, obj)

    def set_status(self, request: HttpRequest, rows: Iterable[Page], status: str) -> None:
        by_kind: dict[type[Page], list[Page]] = {}
        for page in rows:
            by_kind.setdefault(kind_of(page), []).append(page)
        # SECURITY: the permission of the list is the one for standard pages.
        refused = [kind for kind in by_kind if not self.admin_of(kind).has_publish_permission(request)]
        if refused:
            text = _("Nothing was changed: you may not publish pages of the kind “%s”.")
            self.message_user(request, text % title_of(refused[0]), messages.ERROR)
            return
        super().set_status(request, by_kind.pop(Page, []), status)
        for kind, pages in by_kind.items():
            found = kind.objects.filter(pk__in=[page.pk for page in pages])
            self.admin_of(kind).set_status(request, found, status)

    def note(self, page: Page) -> Any:
        if kind_named(page.kind) is not None:
            return ""
        text = _(
            "This site does not have the kind “%s”: its app is not installed, or is off here. Visitors see a standard "
            "page with the fields below. What else the page has is kept, and the page cannot be deleted."
        )
        return text % page.kind


class Shown(NamedTuple):
    """What a row of the list shows beside its fields. `place` is None in a list that a person has sorted."""

    place: Place | None
    may_change: bool
    kind: SafeString
    may_have_below: bool


def _shown(page: Page) -> Shown:
    shown: Shown = vars(page)["shown"]
    return shown


def _of_kind(label: str) -> tuple[SafeString, bool]:
    kind = kind_named(label)
    if kind is None:
        text = format_html('<span class="kind missing">{}</span>', _("%s (not on this site)") % label)
    else:
        text = format_html('<span class="kind"><img src="{}" alt="">{}</span>', static(kind.icon), title_of(kind))
    return text, may_have_below(kind or Page)
