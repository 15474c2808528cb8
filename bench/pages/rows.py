"""The rows of the tables: what is requested from which competitor, and what a correct response is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.pages.competitors import COMPETITORS
from bench.pages.content import ADMIN_PAGES, ADMIN_SITE, PATH, TWEETS, BenchSite, fault
from bench.pages.load import CONNECTIONS, Request
from tests.support.http import Response

ANALYTICS = ("Cookie", "_ga=GA1.1.1234567890.1767225600; _gid=GA1.1.987654321.1767225600; _gat=1")
#: What a response must be: a function that returns what is wrong.
Check = Callable[[Response, BenchSite], str]
#: Each pass is shared by the worker processes, so it takes several until each process has all pages.
IN_PROCESS_PASSES = 6


def is_page(response: Response, site: BenchSite) -> str:
    return fault(response.body, site) if response.status == 200 else f"status {response.status}"


def is_page_without_menu(response: Response, site: BenchSite) -> str:
    return fault(response.body, site, menu=False) if response.status == 200 else f"status {response.status}"


def is_home(response: Response, site: BenchSite) -> str:
    shown = response.body.count(f"@site_{site.code}</a>")
    return is_page(response, site) or ("" if shown == TWEETS else f"{shown} posts of the feed are shown")


def has_status(status: int) -> Check:
    return lambda response, _: "" if response.status == status else f"status {response.status}, not {status}"


def is_redirect(response: Response, site: BenchSite) -> str:
    target = response.headers["Location"]
    return "" if response.status == 301 and target == f"http://{site.domain}{PATH}" else f"it leads to {target}"


def is_stylesheet(response: Response, _: BenchSite) -> str:
    return "" if response.status == 200 and ".masthead" in response.body else f"status {response.status}"


def is_admin_list(response: Response, _: BenchSite) -> str:
    return "" if f"{ADMIN_PAGES + 8} pages" in response.body else f"status {response.status}, not the list of pages"


@dataclass(frozen=True, slots=True)
class Row:
    """`request` makes the request for one site."""

    name: str
    label: str
    competitor: str
    request: Callable[[BenchSite], Request]
    check: Check = is_page
    refused: bool = False
    """The correct status is above 399."""
    one_site: bool = False
    connections: int = CONNECTIONS
    """A slow row has fewer, so that responses come within a round."""

    passes: int = 0
    """How often each site is requested before the first round."""

    @property
    def is_own(self) -> bool:
        return COMPETITORS[self.competitor].is_own

    def sites(self, count: int) -> list[BenchSite]:
        return [ADMIN_SITE] if self.one_site else [BenchSite(number) for number in range(1, count + 1)]

    def requests(self, count: int) -> list[Request]:
        return [self.request(site) for site in self.sites(count)]


def page(site: BenchSite) -> Request:
    return Request(site.domain, PATH)


def home(site: BenchSite) -> Request:
    return Request(site.domain, "/")


def page_with_analytics(site: BenchSite) -> Request:
    return Request(site.domain, PATH, (ANALYTICS,))


def page_with_session(site: BenchSite) -> Request:
    return Request(site.domain, PATH, (("Cookie", f"sessionid={site.session_key}"),))


def admin_list(site: BenchSite) -> Request:
    return Request(site.domain, "/admin/pages/page/", (("Cookie", f"sessionid={site.session_key}"),))


def at(path: str) -> Callable[[BenchSite], Request]:
    return lambda site: Request(site.domain, path)


def peer(name: str, label: str, check: Check = is_page, *, passes: int = 0) -> Row:
    return Row(name, label, name, page, check, passes=passes)


def rows(stylesheet: str) -> list[Row]:
    """All rows in the order of the tables; the stylesheet has a hashed address."""
    return [
        peer("wsgi", "bare WSGI function (the limit)"),
        peer("usual", "bare Django view, usual middleware"),
        peer("sites", "contrib.sites by hand, menu in the template"),
        peer("sites-menu", "contrib.sites by hand, menu from the database"),
        peer("sites-cache", "the same, Django's cache on Redis", passes=1),
        peer("wagtail", "Wagtail, no menu", is_page_without_menu),
        peer("wagtail-menu", "Wagtail"),
        peer("wagtail-cache", "Wagtail, Django's cache on Redis", passes=1),
        peer("mezzanine", "Mezzanine"),
        peer("mezzanine-loader", "Mezzanine, cached template loader"),
        peer("mezzanine-cache", "Mezzanine, its cache on Redis", passes=1),
        Row("whitenoise", "WhiteNoise's middleware: static file", "whitenoise", at(stylesheet), is_stylesheet),
        Row("own", "page, cached in the process", "own", page, passes=IN_PROCESS_PASSES),
        Row("own-redis", "page, cached in Redis only", "own-redis", page, passes=1),
        Row("own-uncached", "page, uncached", "own-uncached", page, passes=IN_PROCESS_PASSES),
        Row("own-row-security", "page, uncached, row security", "own-row-security", page, passes=IN_PROCESS_PASSES),
        Row("own-home", "home with a feed, uncached", "own-uncached", home, is_home, passes=IN_PROCESS_PASSES),
        Row("own-analytics", "page, uncached, cookies of analytics", "own-uncached", page_with_analytics),
        Row("own-analytics-cached", "page, cached in the process, cookies of analytics", "own", page_with_analytics),
        Row("own-session", "page, session cookie of a signed-in visitor", "own", page_with_session),
        Row(
            "own-unknown", "unknown host", "own", lambda site: Request(f"no-{site.domain}", PATH), has_status(404), True
        ),
        Row("own-alias", "alias, redirect", "own", lambda site: Request(site.aliases[0], PATH), is_redirect),
        Row("own-livez", "probe /livez", "own", at("/livez"), has_status(200)),
        Row("own-static", "static file", "own", at(stylesheet), is_stylesheet),
        Row(
            "own-admin",
            "admin list, 10,000 pages, 2 connections",
            "own",
            admin_list,
            is_admin_list,
            one_site=True,
            connections=2,
        ),
    ]


BASELINE = peer("django", "bare Django view")
"""Every figure is a ratio to this row in the same round."""
