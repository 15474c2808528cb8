"""What browsers and search engines request from every site by themselves."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.crawlers.sitemaps import MOST_URLS, sections
from app.pagecache.views import page_cached
from app.tenancy.current import current_site
from app.tenancy.requests.tenancy import tenancy_of
from app.tenancy.sites.robots import with_rules_for_all
from app.tenancy.sites.settings import read
from app.tenancy.sites.values.shown import settings_of
from app.themes.catalogue import current_theme

XML = "application/xml; charset=utf-8"
ICONS = ("favicon.ico", "favicon.svg", "favicon.png")
ICON_AGE = "public, max-age=3600"


@require_safe
@page_cached()
def robots(request: HttpRequest) -> HttpResponse:
    """Crawlers may read the site at its own domain only: on other hosts they would find every page again."""
    if not tenancy_of(request).is_canonical:
        return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
    site = current_site()
    rules = with_rules_for_all(str(read(site.settings).get("robots", "")))
    text = f"{rules}\n\nSitemap: {_absolute(request, reverse('sitemap'))}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
@page_cached()
def sitemap(request: HttpRequest) -> HttpResponse:
    """All addresses of the site; of a large one, the addresses of the parts."""
    found = [section for section in sections() if section.parts]
    if sum(section.count for section in found) <= MOST_URLS:
        urls = [
            url
            for section in found
            for part in range(section.parts)
            for url in section.urls(part + 1, _scheme(request))
        ]
        return render(request, "sitemap.xml", {"urlset": urls}, content_type=XML)
    parts = [
        {"location": _absolute(request, reverse("sitemap-part", args=[section.name, number]))}
        for section in found
        for number in range(1, section.parts + 1)
    ]
    return render(request, "sitemap_index.xml", {"sitemaps": parts}, content_type=XML)


@require_safe
@page_cached()
def sitemap_part(request: HttpRequest, section: str, number: str) -> HttpResponse:
    found = next((each for each in sections() if each.name == section), None)
    if found is None or int(number) > found.parts:
        raise Http404
    urls = found.urls(int(number), _scheme(request))
    return render(request, "sitemap.xml", {"urlset": urls}, content_type=XML)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """To the site's logo if it is a square one; else to the icon of the theme, or of the nearest ancestor that has
    one; 204 without."""
    logo = settings_of(current_site()).logo
    if logo is not None and logo.icon_url:
        return HttpResponse(status=302, headers={"Location": logo.icon_url, "Cache-Control": ICON_AGE})
    names = (f"{theme.name}/{icon}" for theme in current_theme().chain for icon in ICONS if icon in theme.static_files)
    name = next(names, None)
    if name is None:
        return HttpResponse(status=204, headers={"Cache-Control": ICON_AGE})
    return HttpResponse(status=302, headers={"Location": static(name), "Cache-Control": ICON_AGE})


def _scheme(request: HttpRequest) -> str:
    return request.scheme or "http"


def _absolute(request: HttpRequest, path: str) -> str:
    """On the canonical domain, whichever host was requested."""
    return f"{_scheme(request)}://{current_site().domain}{path}"
