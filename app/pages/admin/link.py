from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from app.pages.admin.form import PageKindAdmin
from app.pages.links import menu_targets
from app.pages.models import LinkPage, Page


@admin.register(LinkPage)
class LinkPageAdmin(PageKindAdmin):
    first_fields = ("title", "slug", "parent", "address", "target")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "target":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.ChoiceField(
            choices=target_choices(), required=False, label=_("Target"), help_text=db_field.help_text
        )

    def get_form(self, request: HttpRequest, obj: Page | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        lost, field = _lost_target(obj), form.base_fields.get("target")
        if lost and isinstance(field, forms.ChoiceField):
            field.choices = target_choices(lost)
        return form

    def note(self, page: Page) -> Any:
        lost = _lost_target(page)
        text = _(
            "No app of this site has the target “%s” any longer: visitors get 404 here, and the menus leave this link "
            "out. Choose another target, or enter an address."
        )
        return text % lost if lost else ""


def target_choices(lost: str = "") -> list[tuple[str, str]]:
    """For a select box; with a stored target that no app has any longer."""
    offered = ((key, f"{target.title}  ({target.url})") for key, target in menu_targets().items())
    gone = [(lost, gettext("%s (does not exist any longer)") % lost)] if lost else []
    return [("", "---------"), *offered, *gone]


def _lost_target(page: Page | None) -> str:
    if not isinstance(page, LinkPage) or not page.target or page.target in menu_targets():
        return ""
    return page.target
