from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from bench.pages.content import PATH, PLACEHOLDER, bare_page

PAGE = bare_page()


def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE.replace(PLACEHOLDER, request.META["HTTP_HOST"][5:10]))


urlpatterns = [path(PATH[1:], show)]
