"""A foreign key to the library in a form: a thumbnail, and what its dialog offers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.sites.models import Site
from django.db import models
from django.test import RequestFactory
from django.test.utils import isolate_apps

from app.accounts.models import User
from app.media.file_field import FileWidget
from app.media.models import MediaFile
from app.pages.models import Page
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.current import use_site
from app.tenancy.models import SiteRelated
from tests.support.makers import Browser, page, page_form
from tests.support.uploads import media_file, picture

DIALOG = "/admin/media/mediafile/pictures/"


@pytest.fixture
def editor(nora: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(nora)
    return browser


def form_of(browser: Browser, row: Page) -> str:
    response: Any = browser.get(f"/admin/pages/page/{row.pk}/change/")
    return response.content.decode().partition('class="media-choice"')[2].partition("</div>")[0]  # type: ignore[no-any-return]


def offered(browser: Browser, **query: str) -> list[str]:
    response: Any = browser.get(DIALOG, query)
    return [found["title"] for found in response.json()["pictures"]]


def test_the_form_of_a_page_shows_its_picture(north: Site, editor: Browser) -> None:
    file = media_file(north, picture(300, 200))
    made = page(north, slug="about", image=file)
    shown = form_of(editor, made)
    assert f'src="{file.thumbnail_url}"' in shown
    assert f'<input type="text" name="image" value="{file.pk}"' in shown
    assert f'data-pictures="{DIALOG}?kind=picture&amp;private="' in shown
    assert "<img" not in form_of(editor, page(north, slug="b"))


def test_a_picture_of_another_site_is_neither_shown_nor_taken(north: Site, south: Site, editor: Browser) -> None:
    foreign = media_file(south, picture(300, 200))
    made = page(north, slug="about")
    for sent in (str(foreign.pk), "none", "9" * 30):
        response: Any = editor.post(f"/admin/pages/page/{made.pk}/change/", page_form(made, image=sent))
        assert response.status_code == 200
        assert foreign.key not in response.content.decode()
    with use_site(north):
        assert Page.objects.get(pk=made.pk).image_id is None


def test_the_dialog_offers_what_the_field_takes(north: Site, south: Site, editor: Browser) -> None:
    media_file(north, picture(300, 200), title="Public")
    media_file(north, picture(301, 200), title="Private", is_private=True)
    media_file(north, b"%PDF-1.7 " + bytes(100), name="report.pdf", title="Report")
    media_file(south, picture(302, 200), title="Southern")
    assert offered(editor) == ["Public"]
    assert set(offered(editor, kind="any")) == {"Public", "Report"}
    assert set(offered(editor, kind="any", private="1")) == {"Public", "Private", "Report"}
    assert offered(editor, kind="document") == ["Report"]
    assert offered(editor, kind="\0", q="\0") == []


@isolate_apps("tests.media")
def test_a_field_of_any_app_has_it_without_a_line(root: User) -> None:
    class Speaker(SiteRelated):
        portrait = models.ForeignKey(MediaFile, on_delete=models.RESTRICT, limit_choices_to={"kind": "picture"})
        slides = models.ForeignKey(MediaFile, on_delete=models.RESTRICT, related_name="+")

        class Meta:
            app_label = "media"

    shown = SiteRelatedAdmin[Speaker](Speaker, admin.site)
    widgets, request = {}, RequestFactory().get("/")
    request.user = root
    for name in ("portrait", "slides"):
        widgets[name] = shown.formfield_for_dbfield(Speaker._meta.get_field(name), request).widget
        assert isinstance(widgets[name], FileWidget)
    assert "kind=picture&amp;private=1" in widgets["portrait"].render("portrait", None)
    assert "kind=any&amp;private=1" in widgets["slides"].render("slides", None)
    assert widgets["portrait"].is_required
