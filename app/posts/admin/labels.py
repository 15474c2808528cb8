from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from app.posts.labels import Author, Category, Label, Tag
from app.publishing.address_form import one_fault_in_address
from app.tenancy.admin import SiteRelatedAdmin

Row = TypeVar("Row", bound=Label)


class LabelAdmin(SiteRelatedAdmin[Row]):
    list_display = ("name", "slug", "number_of_posts")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "description")
    #: The field of a post, and so the filter of the list of posts.
    field = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(posts_count=Count("posts"))
        return rows

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **kwargs: Any) -> Any:
        return one_fault_in_address(super().get_form(request, obj, change, **kwargs))

    @admin.display(description=_("posts"), ordering="posts_count")
    def number_of_posts(self, row: Any) -> str:
        address = f"{reverse('admin:posts_post_changelist')}?{self.field}__id__exact={row.pk}"
        return format_html('<a href="{}">{}</a>', address, row.posts_count)


@admin.register(Category)
class CategoryAdmin(LabelAdmin[Category]):
    field = "categories"


@admin.register(Tag)
class TagAdmin(LabelAdmin[Tag]):
    field = "tags"


@admin.register(Author)
class AuthorAdmin(LabelAdmin[Author]):
    field = "author"
