from django.contrib import admin

from app.pages.admin import PageKindAdmin
from app.publishing.admin import PublishableAdmin
from app.tenancy.admin import SiteRelatedAdmin
from tests.third_party.models import Banner, Bulletin, EventPage, Label, Memo, Note, Topic


@admin.register(Label)
class LabelAdmin(SiteRelatedAdmin[Label]):
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Note)
class NoteAdmin(SiteRelatedAdmin[Note]):
    autocomplete_fields = ("label",)
    filter_horizontal = ("others",)


@admin.register(Memo)
class MemoAdmin(SiteRelatedAdmin[Memo]):
    pass


@admin.register(Bulletin)
class BulletinAdmin(PublishableAdmin[Bulletin]):
    list_display = ("text", "status")
    list_display_links = ("text",)
    list_editable = ("status",)
    save_as = True


@admin.register(EventPage)
class EventPageAdmin(PageKindAdmin):
    autocomplete_fields = ("label",)


admin.site.register([Topic, Banner])
