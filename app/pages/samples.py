"""Pages for `manage.py themes check`. None of them is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.pages.models import HOME, Page
from app.pages.navigation import Entry, Navigation
from app.themes.samples import Sample

BODY = (
    "<h2>A heading</h2><p>A text with <strong>weight</strong> and <a href='/'>a link</a>.</p><ul><li>A list</li></ul>"
)


def page(path: str, title: str, **values: Any) -> Mapping[str, Any]:
    team = Entry("Team", "/about/team/", path == "/about/team/")
    about = Entry("About", "/about/", path.startswith("/about/"), [team])
    navigation = Navigation([about, Entry("Contact", "/contact/")])
    return {"page": Page(title=title, path=path, body=BODY), "is_draft": False, "navigation": navigation, **values}


SAMPLES = (
    Sample("home page", "pages/page.html", lambda: page(HOME, "Home"), HOME),
    Sample("page", "pages/page.html", lambda: page("/about/team/", "Team"), "/about/team/"),
    Sample("draft", "pages/page.html", lambda: page("/contact/", "Contact", is_draft=True), "/contact/"),
    Sample("page that was removed", "410.html"),
    Sample("home page of an empty site", "pages/welcome.html", path=HOME),
)
