"""Pages for `manage.py themes check`. None of them is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.pages.kinds import kinds, label_of, template_names, title_of
from app.pages.models import HOME, Page
from app.pages.navigation import Entry, Navigation
from app.themes.samples import Sample

BODY = (
    "<h2>A heading</h2><p>A text with <strong>weight</strong> and <a href='/'>a link</a>.</p><ul><li>A list</li></ul>"
)


def page(path: str, title: str, kind: type[Page] = Page, **values: Any) -> Mapping[str, Any]:
    from django.test import RequestFactory  # here, as in app.themes.samples

    team = Entry("Team", "/about/team/", path == "/about/team/")
    about = Entry("About", "/about/", path.startswith("/about/"), [team])
    navigation = Navigation([about, Entry("Contact", "/contact/")])
    # A key, because an instance without one has no relations; no row has this one.
    shown = kind(pk=0, title=title, path=path, body=BODY, kind=label_of(kind))
    return {
        **shown.get_context(RequestFactory().get(path)),
        "page": shown,
        "is_draft": False,
        "navigation": navigation,
        **values,
    }


def samples() -> Iterator[Sample]:
    yield Sample("home page", "pages/page.html", lambda: page(HOME, "Home"), HOME)
    yield Sample("page", "pages/page.html", lambda: page("/about/team/", "Team"), "/about/team/")
    yield Sample("draft", "pages/page.html", lambda: page("/contact/", "Contact", is_draft=True), "/contact/")
    yield Sample("page that was removed", "410.html")
    yield Sample("home page of an empty site", "pages/welcome.html", path=HOME)
    yield from (_of_kind(kind) for kind in kinds() if kind is not Page and kind.serve is Page.serve)


def _of_kind(kind: type[Page]) -> Sample:
    title, (template, *others) = title_of(kind), template_names(kind)
    return Sample(title, template, lambda: page("/about/team/", title, kind), "/about/team/", tuple(others))
