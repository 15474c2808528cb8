from __future__ import annotations

from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import re_path

from bench.pages.content import MENU
from bench.pages.projects.contrib_sites.models import Page

FIXED_MENU = [(f"/{title.lower()}/", title) for title in MENU]


def show(request: HttpRequest) -> HttpResponse:
    site = get_current_site(request)
    page = get_object_or_404(Page, site_id=site.pk, path=request.path)
    menu = FIXED_MENU
    if settings.MENU_FROM_DATABASE:
        menu = list(Page.objects.filter(site_id=site.pk).order_by("position").values_list("path", "title"))
    return render(request, "page.html", {"site": site, "page": page, "menu": menu})


urlpatterns = [re_path(r"", show)]
