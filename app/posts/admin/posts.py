from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from app.posts.admin.tags import TagsField, as_text, known_tags, tags_named
from app.posts.authors import author_for, new_author_for
from app.posts.models import Post
from app.publishing.address_form import one_fault_in_address
from app.publishing.admin import PublishableAdmin
from app.publishing.rich_text import sanitise


class PostForm(forms.ModelForm[Post]):
    tags = TagsField()

    #: Set by the admin, for the person who fills in the form.
    may_add_tags: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = as_text(self.instance.tags.all()) if self.instance.pk else ""

    def clean_tags(self) -> list[str]:
        names: list[str] = self.cleaned_data["tags"]
        missing = [] if self.may_add_tags else [name for name in names if name not in known_tags(names)]
        if missing:
            message = _("You may not create tags, and these do not exist: %(names)s.")
            raise ValidationError(message, params={"names": ", ".join(missing)})
        return names


class ListOfPosts(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows = super().get_queryset(request, exclude_parameters)
        return rows.defer("body").prefetch_related("categories")


@admin.register(Post)
class PostAdmin(PublishableAdmin[Post]):
    place_in_group = 20
    form = PostForm
    list_display = ("title", "shown_status", "publish_at", "author", "shown_categories")
    list_filter = ("status", "categories", "author")
    list_select_related = ("author",)
    list_per_page = 50
    search_fields = ("title", "slug", "summary", "body")
    date_hierarchy = "publish_at"
    ordering = (F("publish_at").desc(nulls_first=True), "-pk")
    fieldsets = (
        (None, {"fields": ("title", "slug", "body", "summary")}),
        (_("Publishing"), {"fields": ("status", "publish_at", "expire_at", "author")}),
        (_("Categories, tags and picture"), {"fields": ("categories", "tags", "image")}),
        (_("Search engines"), {"fields": ("in_sitemap", "description")}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002  # as Django's
        return ListOfPosts

    def get_list_filter(self, request: HttpRequest) -> Any:
        # A site has hundreds of tags: the list of tags leads here.
        by_tag = any(key.startswith("tags__") for key in request.GET)
        return [*super().get_list_filter(request), *["tags"] * by_tag]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "summary":
            kwargs["widget"] = AdminTextareaWidget({"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "categories":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = one_fault_in_address(super().get_form(request, obj, change, **kwargs))
        form.may_add_tags = request.user.has_perm("posts.add_tag")
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        author = author_for(request.user)
        mine = {"author": author.pk} if author is not None else {}
        return {**mine, **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Post | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        # Django shows the source of a field that cannot be changed.
        return [(title, {**group, "fields": tuple(map(_shown, group["fields"]))}) for title, group in found]

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        if not change and obj.author is None:
            obj.author = author_for(request.user) or new_author_for(request.user)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, *args: Any, **kwargs: Any) -> None:
        form.cleaned_data["tags"] = tags_named(form.cleaned_data["tags"])
        super().save_related(request, form, *args, **kwargs)

    @admin.display(description=_("body"))
    def shown_body(self, post: Post) -> str:
        return format_html("<div>{}</div>", sanitise(post.body))

    @admin.display(description=_("status"), ordering="status")
    def shown_status(self, post: Post) -> Any:
        now = timezone.now()
        if not post.is_published:
            return _("Draft")
        if post.publish_at and post.publish_at > now:
            return _("Scheduled")
        return _("Expired") if post.expire_at and post.expire_at <= now else _("Published")

    @admin.display(description=_("categories"))
    def shown_categories(self, post: Post) -> str:
        return ", ".join(category.name for category in post.categories.all())


def _shown(name: Any) -> Any:
    return "shown_body" if name == "body" else name
