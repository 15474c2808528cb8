"""The sites and the page that every competitor serves, and the check that it serves them.

Standard library only: each competitor imports it in an environment of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PATH = "/about/"
MENU = ("About", "Work", "People", "News", "Places", "Contact", "Legal")
STYLESHEET = "portico/portico.css"  # of the product; every competitor links it
HASHED = re.compile(r'<link rel="stylesheet" href="/static/[a-z/]+\.[0-9a-f]{12}\.css">')
ALIASES = 9
TWEETS = 3


@dataclass(frozen=True, slots=True)
class BenchSite:
    """One of the sites, by its number. All numbers have five digits, so all pages have one size."""

    number: int

    @property
    def code(self) -> str:
        return f"{self.number:05d}"

    @property
    def name(self) -> str:
        return f"Site {self.code}"

    @property
    def domain(self) -> str:
        return f"site-{self.code}.bench.example"

    @property
    def aliases(self) -> list[str]:
        return [f"alias-{place}.{self.domain}" for place in range(1, ALIASES + 1)]

    @property
    def body(self) -> str:
        return BODY.replace(PLACEHOLDER, self.code)

    @property
    def session_key(self) -> str:
        return f"bench{self.code}".ljust(32, "0")


def sites(count: int) -> list[BenchSite]:
    return [BenchSite(number) for number in range(1, count + 1)]


#: Its admin has 10,000 pages; no other row requests it.
ADMIN_SITE = BenchSite(0)
ADMIN_PAGES = 10_000

PLACEHOLDER = "@@@@@"
SENTENCES = (
    "The house was built in 1894 for the families who worked at the mill, and it was restored by its neighbours.",
    "Today it holds a library, two workshops and a hall in which a hundred people can sit down for a meal.",
    "Anybody may use the rooms: write to us two weeks before, tell us how many you are, and bring the key back.",
)
BODY = "\n".join(
    f"<h2>Part {part} of {PLACEHOLDER}</h2>\n"
    f"<p>{SENTENCES[part % 3]} <strong>{SENTENCES[(part + 1) % 3]}</strong></p>\n"
    f'<ul><li>{SENTENCES[(part + 2) % 3]}</li><li><a href="/people/">The people of house {part}</a></li></ul>'
    for part in range(1, 6)
)


def bare_page() -> str:
    """The whole page for competitors without templates, with `PLACEHOLDER` where the site's number belongs."""
    entries = "".join(f'<li><a href="/{title.lower()}/">{title}</a></li>' for title in MENU)
    name = f"Site {PLACEHOLDER}"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>About · {name}</title>\n'
        f'<link rel="stylesheet" href="/static/portico/portico.0123456789ab.css">\n</head>\n<body>\n'
        f'<header><a href="/">{name}</a><nav><ul>{entries}</ul></nav></header>\n'
        f"<main><h1>About</h1>{BODY}</main>\n<footer><p>{name}</p></footer>\n</body>\n</html>\n"
    )


def fault(html: str, site: BenchSite, *, menu: bool = True) -> str:
    """What is wrong with the page of a site; empty for nothing."""
    title = re.search(r"<title>([^<]*)</title>", html)
    if title is None or site.name not in title[1]:
        return f"the title is {title and title[1]!r}, without {site.name!r}"
    others = set(re.findall(r"\b\d{5}\b", html)) - {site.code}
    if others:
        return f"the page of {site.code} has the number of {', '.join(sorted(others))}"
    if html.count(f"of {site.code}</h2>") != BODY.count("<h2>"):
        return "the text is not complete"
    if not HASHED.search(html):
        return "the stylesheet is not hashed"
    entries = re.findall(r"<a [^>]*>([^<]*)</a>", html.partition("<nav")[2].partition("</nav>")[0])
    if menu and tuple(entries) != MENU:
        return f"the menu is {entries}"
    footer = html.partition("<footer")[2]
    return "" if site.name in footer else "the footer does not name the site"
