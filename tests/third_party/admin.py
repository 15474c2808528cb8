from django.contrib import admin

from app.tenancy.admin import SiteRelatedAdmin
from tests.third_party.models import Banner, Label, Note, Topic


@admin.register(Label)
class LabelAdmin(SiteRelatedAdmin[Label]):
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Note)
class NoteAdmin(SiteRelatedAdmin[Note]):
    autocomplete_fields = ("label",)
    filter_horizontal = ("others",)


admin.site.register([Topic, Banner])
