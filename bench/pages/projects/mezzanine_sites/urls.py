from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from mezzanine.pages.views import page

admin.autodiscover()

urlpatterns = [
    path("admin/", include(admin.site.urls)),
    path("", page, {"slug": "/"}, name="home"),
    path("", include("mezzanine.urls")),
]
