"""In the admin, for the current site."""

from django.contrib import admin
from django.urls import path

from app.site_settings.preview import preview
from app.site_settings.views import edit

urlpatterns = [
    path("admin/settings/", admin.site.admin_view(edit), name="site-settings"),
    path("admin/settings/preview/", admin.site.admin_view(preview), name="site-settings-preview"),
]
