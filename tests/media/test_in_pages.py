"""Pictures in rich text: only those of the library, in all their sizes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sites.models import Site
from pytest_django import DjangoAssertNumQueries

from app.accounts.models import User
from app.postgresql.row_security.scope import every_site
from app.publishing.rich_text import sanitise
from app.tenancy.current import use_site
from app.testing.forms import submitted
from tests.support.makers import Browser, page
from tests.support.uploads import animation, media_file, picture

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "0123456789abcdef" * 2


def shown(browser: Browser, address: str = "/t/") -> str:
    response: Any = browser.get(address)
    return response.content.decode().partition('<div class="prose">')[2].partition("</article>")[0]  # type: ignore[no-any-return]


def test_it_works(north: Site, at_north: Browser, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    address = media_file(north, picture(700, 350)).get_absolute_url()
    image = f'<img src="{address}" alt="A &quot;red&quot; bridge">'
    saved = page(north, body=f'<figure class="figure">{image}<figcaption>Red</figcaption></figure>')
    html = shown(at_north)
    start = address.removesuffix("700x350.jpg")
    webp = f"{start}320x160.webp 320w, {start}640x320.webp 640w, {start}700x350.webp 700w"
    assert f'<picture><source type="image/webp" srcset="{webp}"' in html
    assert f'<img src="{address}" alt="A &quot;red&quot; bridge" width="700" height="350" loading="lazy"' in html
    assert "<figcaption>Red</figcaption></figure>" in html
    for named in set(re.findall(r"/media/[0-9a-f]{32}/[a-z0-9.-]+", html)):
        response: Any = at_north.get(named)
        response.close()
        assert response.status_code == 200, named
    # What was saved is accepted again, unchanged.
    with use_site(north):
        before = saved.body
        saved.save()
    assert saved.body == before


@pytest.mark.parametrize(
    "source",
    [
        "https://elsewhere.example/a.png",
        "//elsewhere.example/a.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        f"/media/{KEY}/report.pdf",
        f"/media/private/{KEY}/a-10x10.jpg",
        f"/media/{KEY}/../{KEY}/a-10x10.jpg",
        f"/media/{KEY}/a-10x10.svg",
        f"/media/sites/2/public/{KEY}/a-10x10.jpg",
        f"https://north.test/media/{KEY}/a-10x10.jpg",
        f" /media/{KEY}/a-10x10.jpg",
        f"/media/{KEY}/a-10x10.jpg?x",
        f"/media/{KEY}/a-10x10.jpg\n",
        "",
    ],
)
def test_other_pictures_are_not_kept(source: str, north: Site, at_north: Browser) -> None:
    page(north, body=f'<p>Text<img src="{source}" alt="x"></p>')
    html = shown(at_north)
    assert "Text" in html
    assert "<img" not in html


def test_nothing_comes_along_with_a_picture() -> None:
    found = sanitise(
        f'<img src="/media/{KEY}/a-10x10.jpg" alt="&lt;b&gt;&quot; onload=&quot;x" onerror="alert(1)" '
        'style="position:fixed" srcset="https://elsewhere.example/a.png 1x" class="x">'
    )
    assert "elsewhere" not in found
    assert re.findall(r' ([a-z-]+)="', found.partition("<img")[2]) == [
        "src",
        "alt",
        "width",
        "height",
        "loading",
        "decoding",
    ]
    assert sanitise(str(found)) == found


def test_a_small_picture_and_an_animation_have_one_size(north: Site) -> None:
    small, moving = media_file(north, picture(100, 50, "WEBP")), media_file(north, animation())
    for row in (small, moving):
        found = sanitise(f'<img src="{row.get_absolute_url()}">')
        assert "srcset" not in found
        assert 'alt=""' in found


def test_the_picture_of_a_page_is_for_link_previews(
    north: Site, south: Site, nora: User, at_north: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = media_file(north, picture(1600, 900), alt="A bridge")
    foreign, private = media_file(south), media_file(north, picture(50, 50), is_private=True)
    saved = page(north, title="T", slug="t")
    at_north.get("/t/")  # what all pages of the site share is loaded
    with django_assert_num_queries(1):
        assert "og:image" not in at_north.get("/t/").content.decode()
    editor = Browser("north.test")
    editor.force_login(nora)
    address = f"/admin/pages/page/{saved.pk}/change/"
    for other in (foreign, private):
        form = submitted(editor.get(address).content.decode(), "page_form", image=str(other.pk))
        assert "Select a valid choice" in editor.post(address, form).content.decode()
    form = submitted(editor.get(address).content.decode(), "page_form", image=str(row.pk))
    assert editor.post(address, form).status_code == 302
    at_north.get("/t/")
    with django_assert_num_queries(2):
        html = at_north.get("/t/").content.decode()
    assert f'<meta property="og:image" content="http://north.test{row.social_url}">' in html
    assert '<meta property="og:image:alt" content="A bridge">' in html
    assert "is in use" in editor.post(f"/admin/media/mediafile/{row.pk}/delete/", {"post": "yes"}).content.decode()
    popup = editor.get("/admin/media/mediafile/?kind=picture&is_private=0&_to_field=id&_popup=1")
    assert [str(found) for found in popup.context["cl"].result_list] == ["Red bridge"]
    with use_site(north):
        saved.refresh_from_db()
        assert saved.image == row
    with every_site():
        north.delete()
