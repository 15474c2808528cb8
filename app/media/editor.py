"""What the editor of rich text requests: the pictures of the current site, and uploads. JSON, for members only."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import construct_change_message
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.urls import reverse

from app.accounts.models import User
from app.media.forms import DescriptionForm, note_on_kind
from app.media.models import MediaFile

PER_PAGE = 24


def pictures(model_admin: ModelAdmin[MediaFile], request: HttpRequest) -> HttpResponseBase:
    """GET `?q=…&page=…`: the public pictures, the newest first. A public page cannot show a private one.

    `kind=any`, or one kind, and `private=1` are for fields that take other files too.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    kind = request.GET.get("kind", MediaFile.Kind.PICTURE)
    rows = MediaFile.objects.all() if kind == "any" else MediaFile.objects.filter(kind=kind[:8].replace("\0", ""))
    if request.GET.get("private") != "1":
        rows = rows.filter(is_private=False)
    for word in request.GET.get("q", "").replace("\0", "")[:100].split():
        rows = rows.filter(Q(title__icontains=word) | Q(alt__icontains=word) | Q(folder__name__icontains=word))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    may_describe = model_admin.has_change_permission(request)
    found = [as_json(row, may_describe=may_describe) for row in page]
    return JsonResponse({"pictures": found, "next": page.next_page_number() if page.has_next() else None})


def upload(model_admin: ModelAdmin[MediaFile], request: HttpRequest) -> HttpResponseBase:
    """POST `file`: adds a picture to the library, or returns the one with this content that is there already.

    With `?kind=any` it may be any file.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"errors": ["No file was received."]}, status=400)
    try:
        only = "" if request.GET.get("kind") == "any" else MediaFile.Kind.PICTURE.value
        row, is_new = MediaFile.upload(file, uploaded_by=cast("User", request.user), only=only)
    except ValidationError as error:
        return JsonResponse({"errors": error.messages}, status=400)
    if is_new:
        model_admin.log_addition(request, row, [{"added": {}}])
    picture = as_json(row, may_describe=model_admin.has_change_permission(request))
    return JsonResponse({"picture": picture, "note": note_on_kind(str(file.name), row)})


def describe(model_admin: ModelAdmin[MediaFile], request: HttpRequest, pk: int) -> HttpResponseBase:
    """POST `alt` or `is_decorative`: describes a picture. One that has a description keeps it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    with transaction.atomic():
        row = model_admin.get_object(request, str(pk))
        if row is None:
            raise Http404
        if row.lacks_alt:
            form: Any = DescriptionForm(request.POST, instance=row)
            if not form.is_valid():
                return JsonResponse({"errors": [text for texts in form.errors.values() for text in texts]}, status=400)
            form.save()
            model_admin.log_change(request, row, construct_change_message(form, [], add=False))
    return JsonResponse({"picture": as_json(row, may_describe=True)})


def as_json(row: MediaFile, *, may_describe: bool) -> dict[str, Any]:
    describe_at = reverse("admin:media_mediafile_describe", args=[row.pk])
    return {
        "id": row.pk,
        "title": str(row),
        "alt": row.alt,
        "isDecorative": row.is_decorative,
        "url": row.get_absolute_url(),
        "thumbnail": row.thumbnail_url,
        "width": row.width,
        "height": row.height,
        "describe": describe_at if may_describe and row.lacks_alt else "",
    }
