"""The versions of a row in the admin: the list in place of Django's history, differences, and restoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import BaseModelForm, ModelChoiceField, ModelMultipleChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.publishing.versions.content import content_of, value_in, versioned_fields
from app.publishing.versions.difference import differences, label_of, labels_of
from app.publishing.versions.keeping import MOST_KEPT, versions_of
from app.publishing.versions.models import Version
from app.tenancy.admin import SiteRelatedAdmin

Row = TypeVar("Row", bound=models.Model)
#: Key of the query of a form: the number of the version whose content it shows.
VERSION = "version"
LONGEST_NUMBER = 9


class VersionedAdmin(SiteRelatedAdmin[Row]):
    """Restoring fills the form: a person who may change the row sees the old content, and saves it as any other."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.version_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_version"
        return [path("<path:object_id>/versions/<int:number>/", view, name=name), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        row = self._viewed(request, object_id)
        versions = list(versions_of(row).defer("content"))
        context = {
            "title": _("Versions: %s") % row,
            "versions": [self._described(row, version) for version in versions],
            "has_more": bool(versions) and versions[-1].number > 1,
            "most_kept": MOST_KEPT,
            "may_restore": self.has_change_permission(request, row),
        }
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def version_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """What one version changed, or with `?with=now`, how it differs from what is stored now."""
        row = self._viewed(request, object_id)
        version = _numbered(row, number)
        is_with_now = request.GET.get("with") == "now"
        before = versions_of(row).filter(number__lt=number).first()
        newest = versions_of(row).values_list("number", flat=True).first()
        if is_with_now:
            found = differences(type(row), version.content, content_of(row))
        else:
            found = differences(type(row), before.content, version.content) if before else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version %(number)d: %(row)s") % {"number": number, "row": row},
            "opts": self.opts,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": row,
            "described": self._described(row, version),
            "before": before,
            "differences": found,
            "is_with_now": is_with_now,
            "is_newest": number == newest,
            "may_restore": self.has_change_permission(request, row),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/publishing/version.html", context)

    def _viewed(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            self._get_obj_does_not_exist_redirect()
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def _described(self, row: Any, version: Version) -> dict[str, Any]:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}"
        key = quote(row.pk)
        return {
            "version": version,
            "changed": labels_of(type(row), version.changed_fields),
            "status": dict(row.Status.choices).get(version.status, version.status),
            "address": reverse(f"{name}_version", args=[key, version.number]),
            "restore": f"{reverse(f'{name}_change', args=[key])}?{VERSION}={version.number}",
        }

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Row | None = None,
    ) -> HttpResponse:
        context |= {"has_versions": change}
        restored = self._restored(request, obj) if change else None
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if restored is not None:
            form = context["adminform"].form
            # After the digests of what is stored, so that a save over a newer one is refused; the response is rendered
            # later.
            context |= {"restored": restored, "lost": [] if form.is_bound else _fill(form, restored)}
        return response

    def _restored(self, request: HttpRequest, row: Any) -> Version | None:
        number = request.GET.get(VERSION, "")
        if not number or not self.has_change_permission(request, row):
            return None
        if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER):
            raise Http404
        return _numbered(row, int(number))

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        restored = self._restored(request, obj) if change else None
        if restored is not None:
            vars(obj)["restored_from"] = restored.number
        super().save_model(request, obj, form, change)
        if restored is not None:
            text = _("Version %(number)d was restored. What was there before is a version, too.")
            self.message_user(request, text % {"number": restored.number}, messages.INFO)

    def response_add(self, request: HttpRequest, obj: Row, post_url_continue: str | None = None) -> HttpResponse:
        return _without_version(super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Row) -> HttpResponse:
        return _without_version(super().response_change(request, obj))


def _without_version(response: HttpResponse) -> HttpResponse:
    """After a save the form shows what is stored: Django keeps the query of the address that the form was sent to."""
    if "Location" in response.headers:
        address = urlsplit(response.headers["Location"])
        kept = [pair for pair in parse_qsl(address.query, keep_blank_values=True) if pair[0] != VERSION]
        response.headers["Location"] = address._replace(query=urlencode(kept)).geturl()
    return response


def _numbered(row: Any, number: int) -> Version:
    found = versions_of(row).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _fill(form: BaseModelForm[Any], version: Version) -> list[str]:
    """Puts the content into the form, without the fields in `not_restored` of the model. Returns the labels of fields
    whose rows do not exist any longer."""
    lost = []
    model = type(form.instance)
    restored = form.fields.keys() & version.content.keys() - model.not_restored
    for name, field in versioned_fields(model).items():
        if name not in restored:
            continue
        value = value_in(version.content, field)
        existing = _existing(form.fields[name], value)
        if existing != value:
            lost.append(label_of(field))
        if existing is not None or value is None:
            form.initial[name] = existing
    return lost


def _existing(field: Any, value: Any) -> Any:
    """The value, without keys of rows that the field does not offer; None if nothing is left of it."""
    if not isinstance(field, ModelChoiceField) or field.queryset is None or not value:
        return value
    key = field.to_field_name or "pk"
    if isinstance(field, ModelMultipleChoiceField):
        found = {str(pk) for pk in field.queryset.filter(pk__in=value).values_list("pk", flat=True)}
        return [pk for pk in value if str(pk) in found]
    return value if field.queryset.filter(**{key: value}).exists() else None
