"""Every URL, most specific first; what nothing else claims is a page's path."""

from django.contrib import admin
from django.urls import include, path

from app.extension import site_apps
from app.tenancy.site_apps import routed_where_on

urlpatterns = [
    path("admin/", include("app.sign_in.urls")),
    path("", include("app.publishing.urls")),
    path("", include("app.site_settings.urls")),
    path("admin/", admin.site.urls),
    *[
        routed_where_on(config.label, path(config.url_prefix, include(config.url_module)))
        for config in site_apps()
        if config.url_prefix
    ],
    path("media/", include("app.media.urls")),
    path("", include("app.crawlers.urls")),
    path("", include("app.pages.urls")),
]
