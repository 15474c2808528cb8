"""In the admin; and beside the pages, without a slash at the end, which no page has."""

from django.contrib import admin
from django.urls import path

from app.publishing.links.choices import choices
from app.publishing.previews.by_link import show

urlpatterns = [
    path("admin/link-choices/", admin.site.admin_view(choices), name="link-choices"),
    path("preview-link", show, name="preview-link"),
]
