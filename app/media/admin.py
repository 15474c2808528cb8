"""The library in the admin: upload, describe, find, and see where a file is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from app.accounts.models import User
from app.media import editor
from app.media.content import TYPES
from app.media.forms import DescriptionForm, MediaFileForm, UploadForm, note_on_kind
from app.media.models import Folder, MediaFile
from app.media.usage import described, uses_of
from app.tenancy.admin import SiteRelatedAdmin

#: Of one action: to find out where a file is used, all texts of the site are read.
MOST_DELETED = 100
DESCRIBED = ("alt", "is_decorative")
FOCAL = _("What stays in sight when the picture is cropped. Click on the picture, or enter the numbers.")


class MissingAlt(admin.SimpleListFilter):
    title = _("alternative text")
    parameter_name = "alternative"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002  # Django's
        return [("missing", _("Missing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MediaFile]) -> QuerySet[MediaFile]:  # noqa: ARG002
        return queryset.filter(kind=MediaFile.Kind.PICTURE, alt="", is_decorative=False) if self.value() else queryset


@admin.register(Folder)
class FolderAdmin(SiteRelatedAdmin[Folder]):
    search_fields = ("name",)


@admin.register(MediaFile)
class MediaFileAdmin(SiteRelatedAdmin[MediaFile]):
    form = MediaFileForm
    list_display = ("thumbnail", "name", "kind", "folder", "shown_size", "is_private", *DESCRIBED, "uploaded_at")
    list_display_links = ("name",)
    list_editable = DESCRIBED  # in the list of pictures that lack a description only
    list_filter = ("kind", MissingAlt, "folder", "is_private")
    list_select_related = ("folder",)
    list_per_page = 50
    search_fields = ("title", "alt", "file")
    readonly_fields = ("preview", "address", "shown_size", "usage", "uploaded_by", "uploaded_at")

    class Media:
        css = {"all": ("media/library.css",)}
        js = (Script("media/focal_point.js", defer=True),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("pictures/", view(self.pictures), name="media_mediafile_pictures"),
            path("upload/", view(self.upload), name="media_mediafile_upload"),
            path("<int:pk>/describe/", view(self.describe), name="media_mediafile_describe"),
            *super().get_urls(),
        ]

    def pictures(self, request: HttpRequest) -> HttpResponseBase:
        return editor.pictures(self, request)

    def upload(self, request: HttpRequest) -> HttpResponseBase:
        return editor.upload(self, request)

    def describe(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return editor.describe(self, request, pk)

    # The list

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if self._describes(request) else [name for name in shown if name not in DESCRIBED]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        if not self._describes(request):
            listed.list_editable = ()
        return listed

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{**kwargs, "form": DescriptionForm})

    def save_model(self, request: HttpRequest, obj: MediaFile, form: Any, change: bool) -> None:
        if isinstance(form, DescriptionForm):
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)

    def _describes(self, request: HttpRequest) -> bool:
        return request.GET.get(MissingAlt.parameter_name) == "missing" and self.has_change_permission(request)

    @admin.display(description=_("preview"))
    def thumbnail(self, file: MediaFile) -> SafeString:
        if file.is_picture:
            image = '<img class="media-thumbnail" src="{}" alt="{}" width="80" height="80" loading="lazy">'
            return format_html(image, file.thumbnail_url, file)
        return format_html('<span class="media-thumbnail">{}</span>', str(file.file.name).rpartition(".")[2].upper())

    @admin.display(description=_("title"), ordering="title")
    def name(self, file: MediaFile) -> SafeString:
        if file.lacks_alt:
            return format_html("{} <small class='media-lacks'>{}</small>", file, _("needs an alternative text"))
        return format_html("{}", file)

    @admin.display(description=_("size"), ordering="size")
    def shown_size(self, file: MediaFile) -> str:
        pixels = f"{file.width} × {file.height}, " if file.width else ""
        return f"{pixels}{filesizeformat(file.size)}"

    # One file

    def get_fieldsets(self, request: HttpRequest, obj: MediaFile | None = None) -> Any:  # noqa: ARG002  # Django's
        is_picture = obj is not None and obj.is_picture
        about: tuple[str, ...] = ("title", "folder", "is_private")
        if is_picture:
            about = ("preview", "title", "alt", "is_decorative", "folder", "is_private")
        focal = [(_("Focal point"), {"fields": ("focal_x", "focal_y"), "description": FOCAL})] if is_picture else []
        facts = ("address", "shown_size", "usage", "uploaded_by", "uploaded_at")
        return [(None, {"fields": about}), *focal, (_("File"), {"fields": facts})]

    @admin.display(description=_("picture"))
    def preview(self, file: MediaFile) -> SafeString:
        return format_html(
            '<span class="media-focal"><img src="{}" alt="{}" width="{}" height="{}"></span>',
            file.get_absolute_url(),
            file.alt,
            file.width,
            file.height,
        )

    @admin.display(description=_("address"))
    def address(self, file: MediaFile) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', file.get_absolute_url())

    @admin.display(description=_("used on"))
    def usage(self, file: MediaFile) -> SafeString:
        used = uses_of(file)
        if not used:
            return format_html("{}", _("Nowhere yet."))
        items = format_html_join("", "<li>{}</li>", ((described(row),) for row in used))
        return format_html("<ul class='media-usage'>{}</ul>", items)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            # The storage is away: nothing was saved.
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.get_full_path())

    # Upload

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        # Not Django's view, which is one transaction: pictures take a while, and one bad file must not stop the others.
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if form.is_valid():
            added = self._add(request, form)
            if not form.errors and len(added) == 1:
                return self.response_add(request, added[0])
            if not form.errors:
                return HttpResponseRedirect(self._list_after(added))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload files"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
            "is_popup": "_popup" in request.GET or "_popup" in request.POST,
            "most_megabytes": settings.MEDIA_MAX_MB,
            "types": ", ".join(known.extension.upper() for known in TYPES),
        }
        return render(request, "admin/media/mediafile/upload.html", context)

    def _add(self, request: HttpRequest, form: UploadForm) -> list[MediaFile]:
        """Adds each file that can be added; the form gets an error for each of the others."""
        values = {"folder": form.cleaned_data["folder"], "is_private": form.cleaned_data["is_private"]}
        added, known = [], []
        for file in form.cleaned_data["uploads"]:
            try:
                row, is_new = MediaFile.upload(file, uploaded_by=cast("User", request.user), **values)
            except ValidationError as error:
                form.add_error("uploads", [f"{file.name}: {message}" for message in error.messages])
                continue
            added.append(row)
            if note := note_on_kind(file.name, row):
                messages.warning(request, note)
            if is_new:
                self.log_addition(request, row, [{"added": {}}])
            else:
                known.append(str(row))
        if known:
            messages.warning(request, _("In the library already: %s.") % ", ".join(known))
        if len(added) > len(known) and (form.errors or len(added) > 1):
            count = len(added) - len(known)
            text = ngettext("%d file was uploaded.", "%d files were uploaded.", count)
            messages.success(request, text % count)
        return added

    def response_add(self, request: HttpRequest, obj: MediaFile, post_url_continue: str | None = None) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        if obj.lacks_alt:
            messages.info(request, _("Say what the picture shows, for people who do not see it."))
        return HttpResponseRedirect(reverse("admin:media_mediafile_change", args=[obj.pk]))

    def _list_after(self, added: Sequence[MediaFile]) -> str:
        address = reverse("admin:media_mediafile_changelist")
        return f"{address}?{MissingAlt.parameter_name}=missing" if any(row.lacks_alt for row in added) else address

    # Deletion

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[MediaFile], *arguments: Any, **named: Any
    ) -> HttpResponse | None:
        if "delete_selected" in request.POST.getlist("action"):
            is_all = request.POST.get("select_across") == "1"
            number = queryset.count() if is_all else len(request.POST.getlist("_selected_action"))
            if number > MOST_DELETED:
                text = _("These are %(number)d files. Delete at most %(most)d at a time.")
                self.message_user(request, text % {"number": number, "most": MOST_DELETED}, messages.ERROR)
                return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *arguments, **named)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        used = [
            format_html("{}: {}", file, format_html_join(", ", "{}", ((described(row),) for row in rows)))
            for file in objs
            if (rows := uses_of(file))
        ]
        return to_delete, counts, lacking, [*protected, *used]
