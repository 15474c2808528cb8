"""What asks django.contrib.sites is multi-tenant unchanged: two sites, one process, each its own answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.flatpages.models import FlatPage
from django.contrib.redirects.models import Redirect
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.contrib.sites import models as contrib
from django.contrib.sites.managers import CurrentSiteManager
from django.contrib.sites.models import Site
from django.contrib.sites.shortcuts import get_current_site
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path
from pytest_django import Settings

from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser
from tests.third_party.models import Label


class Labels(Sitemap[Label]):
    def items(self) -> Any:
        return Label.objects.order_by("name")


class LabelFeed(Feed[Label, None]):
    title = "Labels"
    link = "/labels/"

    def items(self) -> Any:
        return Label.objects.order_by("name")

    def item_description(self, item: Label) -> str:
        return item.name


def which(request: HttpRequest) -> HttpResponse:
    site_id: int = django_settings.SITE_ID  # type: ignore[misc]  # a property of ours
    return HttpResponse(
        f"{get_current_site(request).domain} {Site.objects.get_current().domain} {site_id}"
        f" {CurrentSiteManager.__name__} {Redirect.objects.count()}"
    )


def nothing(_: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("which/", which),
    path("sitemap.xml", sitemap, {"sitemaps": {"labels": Labels}}),
    path("feed/", LabelFeed()),
    path("old/", nothing),
    path("admin/", nothing, name="index"),
    path("pages/", include("django.contrib.flatpages.urls")),
]


@pytest.fixture
def both(north: Site, south: Site, settings: Settings) -> tuple[Browser, Browser]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.redirects.middleware.RedirectFallbackMiddleware"]
    for site in (north, south):
        with use_site(site):
            Label.objects.create(name=f"label of {site.name}")
        Redirect.objects.create(site=site, old_path="/old/", new_path=f"/new-{site.name}/")
        flat = FlatPage.objects.create(url="/about/", title=site.name, content=f"flat page of {site.name}")
        flat.sites.add(site)
    return Browser("north.test"), Browser("south.test")


def test_it_works(both: tuple[Browser, Browser], north: Site, south: Site) -> None:
    for browser, site in zip(both * 2, (north, south) * 2, strict=True):
        words = browser.get("/which/").content.decode().split()
        assert words[:3] == [site.domain, site.domain, str(site.pk)]


def test_redirects_sitemaps_feeds_and_flatpages_answer_per_site(
    both: tuple[Browser, Browser], settings: Settings
) -> None:
    for browser, name, other in ((both[0], "North", "South"), (both[1], "South", "North")):
        assert browser.get("/old/").headers["Location"] == f"/new-{name}/"
        for address in ("/sitemap.xml", "/feed/"):
            body = browser.get(address).content.decode()
            assert f"http://{name.lower()}.test/labels/" in body
            assert other.lower() not in body
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"flatpages/default.html": "{{ flatpage.content }}", "404.html": "404"},
                    )
                ]
            },
        }
    ]
    for browser, name in ((both[0], "North"), (both[1], "South")):
        assert browser.get("/pages/about/").content.decode() == f"flat page of {name}"


def test_current_site_manager_is_bound_to_the_site(north: Site, south: Site) -> None:
    manager = CurrentSiteManager[Redirect]("site")
    manager.model, manager.name = Redirect, "on_site"
    for site in (north, south):
        Redirect.objects.create(site=site, old_path="/x/", new_path="/y/")
    with use_site(north):
        assert [row.site_id for row in manager.all()] == [north.pk]
    with pytest.raises(AttributeError):
        manager.all()


def test_without_a_site_it_is_an_error_and_never_the_requests_host(north: Site) -> None:
    before = dict(contrib.SITE_CACHE)
    with pytest.raises(NoCurrentSite):
        Site.objects.get_current()
    with pytest.raises(NoCurrentSite):
        get_current_site(RequestFactory().get("/", headers={"host": "north.test"}))
    assert not hasattr(django_settings, "SITE_ID")
    assert before == contrib.SITE_CACHE


def test_the_cache_of_contrib_sites_holds_ids_only_and_no_old_names(both: tuple[Browser, Browser], north: Site) -> None:
    for host in ("north.test", "NORTH.test", "North.Test.", "north.test:8000"):
        Browser(host).get("/which/")
    assert all(isinstance(key, int) for key in contrib.SITE_CACHE)
    Site.objects.filter(pk=north.pk).update(domain="renamed.test")
    SiteProfile.objects.get(site=north).save()  # expires the directory; `update()` sends no signal
    assert Browser("renamed.test").get("/which/").content.decode().split()[:2] == ["renamed.test", "renamed.test"]
