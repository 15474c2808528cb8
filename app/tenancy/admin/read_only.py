"""Read-only fields in the forms of the admin: a key is a link for a person who may open it, and plain text for others;
a secret is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from django.contrib.admin.helpers import AdminForm, AdminReadonlyField, Fieldline, Fieldset
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from app.tenancy.admin.secret_fields import NOT_SHOWN, is_secret_in

Part = TypeVar("Part")


def linked_for(request: HttpRequest, form: AdminForm) -> AdminForm:
    """The form of the admin. Django's own links every row whose model has an admin page."""
    return _part_of(_Form, form, request)


class _Part:
    request: HttpRequest


class _Form(_Part, AdminForm):
    def __iter__(self) -> Iterator[Any]:
        return (_part_of(_Group, group, self.request) for group in super().__iter__())


class _Group(_Part, Fieldset):
    def __iter__(self) -> Iterator[Any]:
        return (_part_of(_Line, line, self.request) for line in super().__iter__())


class _Line(_Part, Fieldline):
    def __iter__(self) -> Iterator[Any]:
        for field in super().__iter__():
            yield _part_of(_Field, field, self.request) if isinstance(field, AdminReadonlyField) else field


class _Field(_Part, AdminReadonlyField):
    def contents(self) -> SafeString:
        # SECURITY: Django shows the stored value to a person who may view a row and not change it.
        if self.model_admin and is_secret_in(self.model_admin, self.field["field"]):
            return conditional_escape(NOT_SHOWN)
        return super().contents()

    def get_admin_url(self, remote_field: Any, remote_obj: Any) -> str:
        target = self.model_admin.admin_site._registry.get(remote_field.model) if self.model_admin else None
        if target is None or not target.has_view_permission(self.request, remote_obj):
            return str(remote_obj)
        return super().get_admin_url(remote_field, remote_obj)


def _part_of(kind: type[Part], part: Any, request: HttpRequest) -> Part:
    made = kind.__new__(kind)
    vars(made).update(vars(part), request=request)
    return made
