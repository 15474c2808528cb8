"""Every URL, most specific first; what nothing else claims is a page's path."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", include("app.sign_in.urls")),
    path("admin/", admin.site.urls),
    path("", include("app.pages.urls")),
]
