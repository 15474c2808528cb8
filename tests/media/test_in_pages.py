"""Pictures in rich text: only those of the library, in all their sizes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sites.models import Site
from pytest_django import DjangoAssertNumQueries

from app.publishing.rich_text import sanitise
from app.tenancy.current import use_site
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
