from django.urls import path, re_path

from app.crawlers import views

urlpatterns = [
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    # One spelling of each number: every address is stored by the page cache.
    re_path(r"^sitemap-(?P<section>\w+)-(?P<number>[1-9][0-9]{0,5})\.xml$", views.sitemap_part, name="sitemap-part"),
    path("favicon.ico", views.favicon, name="favicon"),
]
