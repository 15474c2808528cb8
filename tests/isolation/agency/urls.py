from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, include, path

from tests.isolation.agency import views
from tests.isolation.agency.models import BrokenNote, SoundNote


def pages(name: str, rows: Any, cache: str) -> Iterator[URLPattern]:
    listing: tuple[Any, ...] = (views.count, views.choose, views.logged, views.header, views.mailed)
    of_one: tuple[Any, ...] = (views.one, views.written)
    for view in listing:
        yield path(f"{name}/{view.__name__}/", view, {"rows": rows}, name=f"agency-{name}-{view.__name__}")
    for view in of_one:
        yield path(f"{name}/{view.__name__}/<int:pk>/", view, {"rows": rows}, name=f"agency-{name}-{view.__name__}")
    options = {"rows": SoundNote.objects, "cache": cache}
    yield path(f"{name}/cached/", views.cached, options, name=f"agency-{name}-cached")


urlpatterns = [
    *pages("broken", BrokenNote.all_sites, "every_site"),
    *pages("sound", SoundNote.objects, "default"),
    path("broken/visited/<int:pk>/", views.visited, {"rows": SoundNote.objects}, name="agency-broken-visited"),
    path("", include("app.urls")),
]
