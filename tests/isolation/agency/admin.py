from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from app.tenancy.admin import SiteRelatedAdmin
from tests.isolation.agency.models import BrokenKey, BrokenNote, SoundKey, SoundNote


@admin.register(BrokenNote)
class BrokenNoteAdmin(SiteRelatedAdmin[BrokenNote]):
    fields = ("text",)
    actions = ("stamp",)

    @admin.action(description="Stamp")
    def stamp(self, request: HttpRequest, _rows: QuerySet[BrokenNote]) -> None:
        BrokenNote.all_sites.filter(pk__in=request.POST.getlist("_selected_action")).update(text="stamped")


@admin.register(SoundNote)
class SoundNoteAdmin(SiteRelatedAdmin[SoundNote]):
    fields = ("text",)
    actions = ("stamp",)

    @admin.action(description="Stamp")
    def stamp(self, _request: HttpRequest, rows: QuerySet[SoundNote]) -> None:
        rows.update(text="stamped")


@admin.register(BrokenKey)
class BrokenKeyAdmin(SiteRelatedAdmin[BrokenKey]):
    fields = ("text",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's signature
        return True


@admin.register(SoundKey)
class SoundKeyAdmin(SiteRelatedAdmin[SoundKey]):
    fields = ("text",)
