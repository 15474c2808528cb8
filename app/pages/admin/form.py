"""The form of a page, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from app.pages.admin.addresses import CHOOSE_KIND, LIST, add_below, may_have_below
from app.pages.admin.parents import choice_text, field_options, possible_parents
from app.pages.kinds import kind_of, permission, title_of
from app.pages.models import HOME, Page, pages_below
from app.pages.tree import last_position
from app.publishing.address_form import one_fault_in_address
from app.publishing.admin import PublishableAdmin
from app.publishing.rich_text import sanitise

_WITHOUT_SLUG = _("Empty without a parent: this will be the home page.")


class PageForm(PublishableAdmin[Page]):
    """The rules of every form of a page: where it may be, and who may move it."""

    class Media:
        css = {"all": ("pages/admin.css",)}

    search_fields = ("title", "slug", "path", "body")
    ordering = ("path",)
    change_form_template = "admin/pages/page/change_form.html"
    delete_confirmation_template = "admin/pages/page/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/pages/page/delete_selected_confirmation.html"
    object_history_template = "admin/pages/page/object_history.html"

    #: The first group of the form; the fields of a kind of its own come after these.
    first_fields: ClassVar[tuple[str, ...]] = ("title", "slug", "parent", "body")

    def choice_text(self, row: Page) -> str:
        return choice_text(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Page | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None or self.may_move(request, obj) else (*fields, "slug", "own_path", "parent")

    def may_move(self, request: HttpRequest, page: Page) -> bool:
        """Whether a person may give the page, and so those below it, another address."""
        if request.user.is_superuser:
            return True
        # SECURITY: a draft that moves takes the published pages below it along, of other kinds too.
        published = pages_below(page.pk).filter(status=Page.Status.PUBLISHED)
        labels = published.order_by().values_list("kind", flat=True).distinct()
        return all(request.user.has_perm(permission("publish", label)) for label in labels)

    def get_fieldsets(self, request: HttpRequest, obj: Page | None = None) -> Any:
        found = super().get_fieldsets(request, obj) if self.fieldsets or self.fields else self._fieldsets()
        if obj is None or self.has_change_permission(request, obj):
            return found
        # Django shows the source of a field that cannot be changed.
        return [(title, {**group, "fields": tuple(map(_shown, group["fields"]))}) for title, group in found]

    def _fieldsets(self) -> list[tuple[Any, dict[str, Any]]]:
        own = [name for name in self._own_fields() if name not in self.first_fields]
        return [
            (None, {"fields": (*self.first_fields, *own)}),
            (_("Publishing"), {"fields": ("status", "publish_at", "expire_at")}),
            (
                _("Navigation and search engines"),
                {"fields": ("in_menus", "in_sitemap", "description", "image", "login_required", "own_path")},
            ),
        ]

    def _own_fields(self) -> list[str]:
        """The fields that the kind has beside those of every page."""
        fields = (*self.opts.concrete_fields, *self.opts.many_to_many)
        own = [field for field in fields if not issubclass(Page, field.model) and not field.primary_key]
        return [field.name for field in own if field.editable and field.name not in (self.exclude or ())]

    @admin.display(description=_("body"))
    def shown_body(self, page: Page) -> str:
        return format_html("<div>{}</div>", sanitise(page.body))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs |= field_options(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Page | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = one_fault_in_address(super().get_form(request, obj, change, **kwargs))
        parent = form.base_fields.get("parent")
        if isinstance(parent, ModelChoiceField):
            parent.queryset = possible_parents(self.model, obj)
            stays_on_top = obj is not None and obj.parent_id is None
            parent.required = self.model.parent_kinds is not None and not stays_on_top
        slug = form.base_fields.get("slug")
        if slug is not None and self.model.parent_kinds is None and not _is_other_home(obj):
            slug.help_text = format_lazy("{} {}", slug.help_text, _WITHOUT_SLUG)
        return form

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        if not change or "parent" in form.changed_data:
            obj.position = last_position(obj)
        super().save_model(request, obj, form, change)
        if obj.path == HOME and (not change or {"slug", "parent"}.intersection(form.changed_data)):
            text = _("“%(title)s” is the home page of this site, because it has no slug.")
            self.message_user(request, text % {"title": obj.title}, messages.WARNING)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Page | None = None,
    ) -> HttpResponse:
        context |= {
            "kind_title": title_of(self.model),
            "kind_icon": static(self.model.icon),
            "note": self.note(obj) if obj is not None else "",
            "add_below": add_below(obj) if obj is not None and may_have_below(kind_of(obj)) else "",
            "has_home": add and Page.objects.filter(path=HOME).exists(),
            "choose_kind": reverse(CHOOSE_KIND) + _same_parent(request.GET),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def note(self, page: Page) -> Any:  # noqa: ARG002  # for subclasses
        """What an editor has to know before the form; empty for most pages."""
        return ""


class PageKindAdmin(PageForm):
    """For the form of a kind of page: register the kind with it, or with a subclass.

    The form has the kind's own fields after those of every page, unless the class has `fieldsets`. The kind is not in
    the overview of the admin; its pages are in the one list of pages.
    """

    list_display = ("title", "path", "status")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:  # noqa: ARG002  # Django's signature
        return {}

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        if IS_POPUP_VAR in request.GET:  # another form chooses a page of this kind
            return super().changelist_view(request, extra_context)
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(reverse(LIST) + ("?" if query else "") + query)


def _is_other_home(page: Page | None) -> bool:
    """Whether the site has a home page, other than this page."""
    return bool(Page.objects.filter(path=HOME).exclude(pk=page.pk if page is not None else None).exists())


def _shown(name: Any) -> Any:
    return "shown_body" if name == "body" else name


def _same_parent(query: Mapping[str, str]) -> str:
    parent = query.get("parent", "")
    return f"?parent={parent}" if parent.isdecimal() and parent.isascii() else ""
