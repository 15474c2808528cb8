"""What a form has, shown as visitors would see it, and stored nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.posts.models import Post
from app.tenancy.content_cache import cached_by_content
from app.tenancy.current import use_site
from tests.support.makers import Browser, make_north, page, page_form, person


def editor(user: User, host: str = "north.test", **more: Any) -> Browser:
    browser = Browser(host, **more)
    browser.force_login(user)
    return browser


def address(row: Page) -> str:
    return f"/admin/pages/{row._meta.model_name}/{row.pk}/preview/"


def test_the_form_is_shown_as_a_page_and_nothing_is_stored(north: Site, nora: User) -> None:
    about = page(north, title="About", slug="about")
    made = page(north, title="Old", slug="old", parent=about)
    body = "<p>New</p><script>alert(1)</script>"
    sent = page_form(made, title="New title", slug="new", body=body, status="draft")
    response: Any = editor(nora).post(address(made), sent)
    text = response.content.decode()
    assert response.status_code == 200
    assert "<h1>New title</h1>" in text
    assert "<p>New</p>" in text
    assert "alert(1)" not in text
    assert '<link rel="canonical" href="http://north.test/about/new/">' in text
    assert '<details name="menu" class="is-open"><summary>About</summary>' in text
    assert "Nothing of this is saved." in text
    assert "Edit this page" not in text
    assert '<meta name="robots" content="noindex">' in text
    headers = response.headers
    assert (headers["X-Robots-Tag"], headers["X-Frame-Options"]) == ("noindex", "SAMEORIGIN")
    assert "no-store" in headers["Cache-Control"]
    policy = headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'; sandbox allow-same-origin" in policy
    with use_site(north):
        assert Page.objects.get(pk=made.pk).title == "Old"


def test_no_other_page_may_be_framed(north: Site, nora: User) -> None:
    made = page(north, slug="old")
    browser = editor(nora)
    for path in ("/old/", f"/admin/pages/page/{made.pk}/change/", "/admin/pages/page/0/preview/"):
        response = browser.get(path)
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_a_new_page_is_shown_before_it_is_saved(north: Site, nora: User) -> None:
    response: Any = editor(nora).post("/admin/pages/page/add/preview/", page_form(title="Brand new", slug="brand-new"))
    assert b"<h1>Brand new</h1>" in response.content
    with use_site(north):
        assert not Page.objects.exists()


def test_errors_of_the_form_are_shown_instead(north: Site, nora: User) -> None:
    page(north, slug="taken")
    made = page(north, slug="old")
    response = editor(nora).post(address(made), page_form(made, slug="taken", title=""))
    assert response.status_code == 422
    assert b"Title: This field is required." in response.content


def test_a_link_says_where_it_leads(north: Site, nora: User) -> None:
    made = page(north, LinkPage, slug="away", address="https://example.com/")
    sent = page_form(made, address="https://example.com/new", target="")
    assert b"https://example.com/new" in editor(nora).post(address(made), sent).content


def test_a_kind_that_cannot_be_shown_before_it_is_saved_says_so(
    north: Site, nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_context(self: Page, _request: object) -> dict[str, object]:
        return {"children": self.children.count()}

    monkeypatch.setattr(Page, "get_context", get_context)
    response = editor(nora).post("/admin/pages/page/add/preview/", page_form())
    assert response.status_code == 422
    assert b"This page cannot be shown yet" in response.content
    assert b"ValueError" in response.content


def test_only_who_may_change_the_page_by_post_with_a_token(north: Site, south: Site, nora: User, sam: User) -> None:
    made = page(north, slug="old")
    sent = page_form(made)
    assert editor(nora).get(address(made)).status_code == 405
    assert editor(nora, enforce_csrf_checks=True).post(address(made), sent).status_code == 403
    assert editor(person("anna", north, "Author")).post(address(made), sent).status_code == 403
    assert editor(sam, "south.test").post(address(made), sent).status_code == 404
    assert Browser("north.test").post(address(made), sent).status_code == 302
    assert editor(nora).post(address(made), {**sent, "_opened_under_site": south.pk}).status_code == 409


def test_under_another_sites_address_it_is_the_chosen_site(north: Site, south: Site, root: User) -> None:
    made = page(south, slug="old")
    browser = editor(root)
    browser.post("/admin/switch-site/", {"site_id": south.pk, "next": "/"})
    response: Any = browser.post(address(made), page_form(made))
    assert '<a class="wordmark" href="/"><span>South</span></a>' in response.content.decode()
    assert "under the address of" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_a_preview_makes_is_kept_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_north()
    made, user = page(site, slug="old"), person("nora", site)

    def get_context(self: Page, _request: object) -> dict[str, object]:
        return {"kept": cached_by_content("kept", lambda: self.title)}

    monkeypatch.setattr(Page, "get_context", get_context)
    assert editor(user).post(address(made), page_form(made, title="Unsaved")).status_code == 200
    with use_site(site):
        assert cached_by_content("kept", lambda: "fresh") == "fresh"


def test_posts_have_it_too(north: Site, nora: User) -> None:
    linked = page(north, title="About", slug="about")
    body = f'<p><a href="/old/" data-link="pages.page:{linked.pk}">About</a></p>'
    sent = {"title": "First post", "slug": "first", "body": body, "summary": "", "status": "draft", "tags": ""}
    empty = dict.fromkeys(("publish_at_0", "publish_at_1", "expire_at_0", "expire_at_1", "description"), "")
    response: Any = editor(nora).post("/admin/posts/post/add/preview/", {**sent, **empty})
    text = response.content.decode()
    assert response.status_code == 200, text
    assert "<h1>First post</h1>" in text
    assert '<p><a href="/about/">About</a></p>' in text
    with use_site(north):
        assert not Post.objects.exists()
        made = Post.objects.create(title="First post", slug="first", status="draft", body=body)
    form = editor(nora).get(f"/admin/posts/post/{made.pk}/change/").content.decode()
    assert "Copy preview link" in form
    assert 'class="media-choice"' in form
    with use_site(north):
        made.status = "published"
        made.save()
    shown = editor(nora).get("/blog/first/")
    assert f'href="/admin/posts/post/{made.pk}/change/">Edit this page' in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    offered: Any = editor(nora).get("/admin/link-choices/", {"q": "first"})
    assert [found["reference"] for found in offered.json()["choices"]] == [f"posts.post:{made.pk}"]
