"""The names and titles of the admin's pages, in the words of the people who use them."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound=models.Model)


class PlainWords(admin.ModelAdmin[Row]):
    """A list has the name of its rows as its title; Django writes "Select page to change"."""

    #: In place of the model's own names, where these are not what people say.
    row_name: ClassVar[Any] = ""
    rows_name: ClassVar[Any] = ""
    #: Where the list of the model is on the front page, in place of what its app says (`app.extension`).
    admin_group: ClassVar[str] = ""
    #: Lower numbers come first in the group; the same number: by name.
    place_in_group: ClassVar[int] = 50

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        listed.title = _("Choose from: %s") % rows_name(self) if listed.is_popup else rows_name(self)
        return listed

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if self.row_name:
            words = _("Change %s") if object_id else _("Add %s")
            extra_context = {"title": words % self.row_name, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra_context)


def rows_name(model_admin: admin.ModelAdmin[Any]) -> str:
    own = getattr(model_admin, "rows_name", "")
    return str(own) or str(capfirst(str(model_admin.opts.verbose_name_plural)))
