"""What is kept of HTML, whoever writes it and however."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db.models import Value

from app.accounts.models import User
from app.pages.models import Page
from app.publishing import depth, rich_text
from app.publishing.rich_text import sanitise
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, page_form

SCRIPT = "<p>a<script>alert(1)</script></p>"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>fine <strong>and</strong> <em>well</em></p>", "<p>fine <strong>and</strong> <em>well</em></p>"),
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="//evil.test/">a</a>', "<a>a</a>"),
        ('<a href="/\\evil.test/">a</a>', "<a>a</a>"),
        ('<a href="/&#9;/evil.test/">a</a>', "<a>a</a>"),
        ('<a href="/about/">a</a>', '<a href="/about/">a</a>'),
        ('<a href="/a/\\/b//c/">a</a>', '<a href="/a/\\/b//c/">a</a>'),
        ('<a href="mailto:a@b.test">a</a>', '<a href="mailto:a@b.test">a</a>'),
        ('<iframe src="https://evil.test"></iframe><p>a</p>', "<p>a</p>"),
        ('<p style="position:fixed">a</p>', "<p>a</p>"),
        ("<svg onload=x()>", ""),
        ("<p></p>", ""),
        ('<h1 class="a">1</h1><H2>2</H2><h5>5</h5><h6>6</h6>', "<h2>1</h2><h2>2</h2><h4>5</h4><h4>6</h4>"),
        ("<p>&lt;h1></p><pre><code>&lt;h5></code></pre>", "<p>&lt;h1&gt;</p><pre><code>&lt;h5&gt;</code></pre>"),
        ("<table><tbody><tr><td><p>a</p></td></tr></tbody></table>",) * 2,
    ],
)
def test_html_is_cleaned_whoever_saves_it(north: Site, written: str, kept: str) -> None:
    made = page(north, slug="x", body=written)
    assert made.body == kept
    with use_site(north):
        Page.objects.bulk_create([Page(title="bulk", slug="y", path="/y/", body=written, status="published")])
        assert Page.objects.get(slug="y").body == kept


@pytest.mark.parametrize("removed", ["\t", "\n", "\r", "\r\n", "\t\t"])
@pytest.mark.parametrize("slashes", ["//", "\\\\", "/\\", "\\/"])
def test_what_browsers_remove_from_an_address_hides_no_host(removed: str, slashes: str) -> None:
    for address in (f"{removed}{slashes}", f"{slashes[0]}{removed}{slashes[1]}", f"{slashes}{removed}"):
        assert sanitise(f'<a href="{address}evil.test/">a</a>') == "<a>a</a>"
        written = "".join(f"&#{ord(character)};" for character in address)
        assert sanitise(f'<a href="{written}evil.test/">a</a>') == "<a>a</a>"


@pytest.mark.parametrize("code", range(1, 0x21))
def test_control_characters_around_an_address_hide_no_host(code: int) -> None:
    assert sanitise(f'<a href="&#{code};//evil.test/">a</a>') == "<a>a</a>"


WRITES: dict[str, Callable[[Page], Any]] = {
    "save": lambda made: _with(made).save(),
    "save of one field": lambda made: _with(made).save(update_fields={"body"}),
    "update": lambda made: Page.objects.update(body=SCRIPT),
    "update of all sites": lambda made: Page.all_sites.update(body=SCRIPT),
    "bulk_update": lambda made: Page.objects.bulk_update([_with(made)], ["body"]),
    "update_or_create": lambda made: Page.objects.update_or_create(pk=made.pk, defaults={"body": SCRIPT}),
    "bulk_create over it": lambda made: Page.objects.bulk_create(
        [_with(made)], update_conflicts=True, unique_fields=["pk"], update_fields=["body"]
    ),
}


def _with(made: Any) -> Page:
    made.body = SCRIPT
    row: Page = made
    return row


@pytest.mark.parametrize("name", WRITES)
def test_html_is_cleaned_however_it_is_written(name: str, north: Site) -> None:
    made = page(north, slug="x", body="<p>before</p>")
    with use_site(north):
        WRITES[name](made)
        assert Page.objects.get().body == "<p>a</p>"


def test_html_that_the_database_would_compute_is_refused(north: Site) -> None:
    page(north, slug="x", body="<p>before</p>")
    with use_site(north), pytest.raises(TypeError, match="cannot be set by an expression"):
        Page.objects.update(body=Value(SCRIPT))


DEEP = ["<div>" * 101, "<ul><li>" * 101, "<b>" * 101 + "</b>" * 101, "<div><p>" * 101]
LARGE = ["<p>" + "a" * (301 * 1024) + "</p>", "é" * (151 * 1024), "&" * (100 * 1024)]


@pytest.mark.parametrize("html", [*DEEP, *LARGE], ids=lambda html: f"{html[:12]} {len(html)}")
def test_html_that_is_too_large_or_too_deep_is_refused(html: str, north: Site, nora: User, at_north: Browser) -> None:
    at_north.login(username="nora", password="nora")
    response = at_north.post("/admin/pages/page/add/", page_form(title="New", slug="new", body=html))
    assert response.status_code == 200
    assert re.search(r"This text (is longer than 300 KB|has more than 100 elements)", response.content.decode())
    with use_site(north):
        with pytest.raises(ValidationError):
            Page.objects.create(title="New", slug="new", body=html)
        assert not Page.objects.exists()


@pytest.mark.parametrize("html", [*DEEP, *LARGE[:2]], ids=lambda html: f"{html[:12]} {len(html)}")
def test_what_is_refused_is_not_parsed(html: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich_text, "_cleaner", None)
    with pytest.raises(ValidationError):
        sanitise(html)


#: How an end tag may be written so that no parser reads it as one; the depth then grows with every repetition.
HIDDEN_END_TAGS = [
    "<div></b>",
    "<div></div<p>",
    "<div a=</div>",
    '<div a="</div>">',
    "<div a='</div>'>",
    "<div><!--</div>-->",
    "<div><xmp></div></xmp>",
    "<div><style></div></style>",
    "<div><title></div></title>",
    "<div\x0b></div>",
    '<div "></div>',
    "<div><svg><title></div></svg>",
    "<div><object></div></object>",
    "<div></div\x0b>",
    "<div><textarea></div></textarea>",
    "<DIV></B>",
    "<div><![CDATA[</div>]]>",
    "<div><?</div>?>",
    "<div/></b>",
]


@pytest.mark.parametrize("part", HIDDEN_END_TAGS)
def test_the_depth_is_not_hidden(part: str) -> None:
    assert depth.is_deeper_than(100, part * 200)


ORDINARY = [
    "<p>a</p>" * 5000,
    "<p>a<p>b" * 5000,
    "<ul><li>a<li>b</ul>" * 1000,
    "<p>a <strong>b</strong> <em>c</em></p>" * 3000,
    "<table>" + "<tr><td>a<td>b" * 1000 + "</table>",
    '<p>a<br>b<br/><a href="/?a=1&amp;b=2" title="a > b">c</a></p>' * 999,
    "<div>" * 100 + "</div>" * 100,
    "a < b and b > c " * 300,
]


@pytest.mark.parametrize("html", ORDINARY, ids=lambda html: html[:20])
def test_ordinary_text_is_not_deep(html: str) -> None:
    assert not depth.is_deeper_than(100, html)
    sanitise(html)


def test_a_save_in_the_admin_cleans_once(
    north: Site, nora: User, at_north: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[str] = []

    class Counting:
        def clean(self, html: str) -> str:
            cleaned.append(html)
            return html

    monkeypatch.setattr(rich_text, "_cleaner", Counting())
    at_north.login(username="nora", password="nora")
    assert (
        at_north.post("/admin/pages/page/add/", page_form(title="New", slug="new", body="<p>a</p>")).status_code == 302
    )
    assert cleaned == ["<p>a</p>"]
