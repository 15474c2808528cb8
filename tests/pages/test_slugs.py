"""Addresses in every script, and what becomes of an empty slug."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError

from app.accounts.models import User
from app.pages.models import Page
from app.publishing.slugs import slug_of
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form

ADD = "/admin/pages/page/add/"
#: Arabic, Chinese, Hindi and Thai (whose vowels are marks), Russian, German, and an address in capitals.
NATIVE = ["عن-المدرسة", "关于我们", "हमारे-बारे-में", "เกี่ยวกับเรา", "наша-школа", "über-uns", "About_Us-2"]


@pytest.fixture
def editor(nora: User, at_north: Browser) -> Browser:
    assert at_north.login(username="nora", password="nora")
    return at_north


@pytest.mark.parametrize("slug", NATIVE)
def test_an_address_may_be_in_any_script(slug: str, north: Site, editor: Browser) -> None:
    assert editor.post(ADD, page_form(title=slug, slug=slug)).status_code == 302
    encoded = f"/{quote(slug)}/"
    response = Browser("north.test").get(encoded)
    assert response.status_code == 200
    body = response.content.decode()
    assert f'<link rel="canonical" href="http://north.test{encoded}">' in body
    assert f'<a href="/{slug}/" aria-current="page">' in body
    redirect = Browser("north.test").get(encoded.removesuffix("/"))
    assert (redirect.status_code, redirect.headers["Location"]) == (301, encoded)
    made = Page.all_sites.get()
    assert editor.get(f"/admin/pages/page/{made.pk}/change/").status_code == 200


@pytest.mark.parametrize("slug", ["a b", "a/b", "a?b", "a#b", "a.b", "a\u200bb", "a\u202eb", "\\", "%41"])
def test_what_is_no_letter_digit_or_hyphen_is_refused(slug: str, north: Site, editor: Browser) -> None:
    response = editor.post(ADD, page_form(title="x", slug=slug))
    errors = response.context["adminform"].form.errors
    assert errors == {"slug": ["Use letters and digits of any script, hyphens and underscores only."]}
    assert not Page.all_sites.exists()


def test_a_slug_that_is_too_long_is_one_fault(north: Site, editor: Browser) -> None:
    home = page(north, slug="")
    page(north, slug="x", parent=home)
    for parent in ("", home.pk):
        errors = editor.post(ADD, page_form(title="x", slug="a" * 300, parent=parent)).context["errors"]
        assert [str(error) for error in errors] == [
            '<ul class="errorlist" id="id_slug_error"><li>Ensure this value has at most 80 characters '
            "(it has 300).</li></ul>"
        ]


def test_a_slash_is_refused_behind_the_forms_back(north: Site) -> None:
    with use_site(north), pytest.raises(ValidationError, match="no slash"):
        Page.objects.create(title="x", slug="a/b")


def test_one_address_has_one_spelling(north: Site) -> None:
    decomposed = "u\u0308ber"
    assert page(north, slug=decomposed).path == "/über/"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("关于我们", "关于我们"),
        ("Über uns!", "über-uns"),
        ("हमारे बारे में", "हमारे-बारे-में"),
        ("  A  —  B  ", "a-b"),
        ("Half\u200cspace", "halfspace"),
        ("?!", ""),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_title_makes_a_slug_in_its_own_script(title: str, slug: str) -> None:
    assert slug_of(title, 80) == slug


def test_below_a_page_an_empty_slug_is_made_from_the_title(north: Site, editor: Browser) -> None:
    top = page(north, slug="a")
    assert editor.post(ADD, page_form(title="关于我们", slug="", parent=top.pk)).status_code == 302
    assert Page.all_sites.get(title="关于我们").path == "/a/关于我们/"
    assert "This page needs a slug" in editor.post(ADD, page_form(title="?", slug="", parent=top.pk)).content.decode()


def test_a_page_without_a_slug_at_the_top_says_that_it_is_the_home_page(north: Site, editor: Browser) -> None:
    assert "Empty without a parent: this will be the home page." in editor.get(ADD).content.decode()
    response = editor.post(ADD, page_form(title="关于我们", slug=""), follow=True)
    assert "“关于我们” is the home page of this site, because it has no slug." in response.content.decode()
    second = editor.post(ADD, page_form(title="联系", slug="")).content.decode()
    assert "Without a slug this would be the home page, and this site has one. Enter a slug." in second
    assert Page.all_sites.get().path == "/"
    assert "Empty without a parent" not in editor.get(ADD).content.decode()
    again = editor.post(
        f"/admin/pages/page/{Page.all_sites.get().pk}/change/", page_form(Page.all_sites.get()), follow=True
    )
    assert "because it has no slug" not in again.content.decode()
