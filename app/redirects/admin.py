"""The redirects of the current site: list, form, and CSV files in both directions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from app.redirects import csv_file
from app.redirects.models import Redirect
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.audit.record import record

LIST = "admin:site_redirects_redirect_changelist"


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "In UTF-8, one redirect a line: old address, target, and “yes” or “no” for permanent. The target may be "
            "empty (gone), and the last value may be left out (yes)."
        ),
    )


@admin.register(Redirect)
class RedirectAdmin(SiteRelatedAdmin[Redirect]):
    list_display = ("old_path", "leads_to", "status", "created_automatically", "hits", "last_hit_at")
    list_filter = ("created_automatically", "is_permanent")
    search_fields = ("old_path", "new")
    readonly_fields = ("created_automatically", "created_at", "hits", "last_hit_at")
    fieldsets = ((None, {"fields": ("old_path", "new", "is_permanent")}), (_("Use"), {"fields": readonly_fields}))

    @admin.display(description=_("leads to"), ordering="new")
    def leads_to(self, redirect: Redirect) -> str:
        return redirect.new or str(_("gone"))

    @admin.display(description=_("status"), ordering="is_permanent")
    def status(self, redirect: Redirect) -> int:
        return 410 if not redirect.new else 301 if redirect.is_permanent else 302

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        typed = form.data.get("new", "").strip()
        if form.changed_data:
            obj.created_automatically = False
        super().save_model(request, obj, form, change)
        if obj.new != typed and typed.startswith("/"):
            text = _("%(typed)s is redirected itself, so this leads to %(target)s directly.")
            self.message_user(request, text % {"typed": typed, "target": obj.new})
        if obj.is_hidden:
            text = _("The site has something at %(path)s, so this redirect is not used. It will be when that is gone.")
            self.message_user(request, text % {"path": obj.old_path}, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_file), name="site_redirects_redirect_import"),
            path("export/", view(self.export_file), name="site_redirects_redirect_export"),
            *super().get_urls(),
        ]

    def import_file(self, request: HttpRequest) -> HttpResponse:
        """A form for a file. All of it is written, or nothing, with a message for each line that is not valid."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            try:
                # One byte more than allowed shows that a file is too large.
                done = csv_file.load(form.cleaned_data["file"].read(csv_file.MOST_BYTES + 1))
            except ValidationError as error:
                form.add_error("file", error)
            else:
                return self._imported(request, done)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import redirects"),
            "opts": self.opts,
            "form": form,
        }
        return render(request, "admin/site_redirects/redirect/import.html", context)

    def _imported(self, request: HttpRequest, done: csv_file.Imported) -> HttpResponse:
        numbers = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
        record("redirects_imported", target_name=str(self.opts.verbose_name_plural), details=numbers)
        text = _("%(added)d redirects were added, %(changed)d changed, %(unchanged)d are unchanged.")
        self.message_user(request, text % numbers, messages.SUCCESS)
        return HttpResponseRedirect(reverse(LIST))

    def export_file(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = csv_file.export(Redirect.objects.order_by("old_path"))
        response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="redirects.csv"'
        return response
