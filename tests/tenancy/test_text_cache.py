"""What a process keeps of the settings of sites: enough for many small ones, and never more than a size."""

from __future__ import annotations

import json

import pytest
from django.contrib.sites.models import Site

from app.tenancy.sites.settings import read
from app.tenancy.text_cache import MOST_BYTES, kept_by_text, kept_bytes
from tests.support.makers import Browser, page, person


def test_small_settings_of_ten_thousand_sites_are_all_kept() -> None:
    made: list[str] = []

    @kept_by_text
    def length(text: str) -> int:
        made.append(text)
        return len(text)

    texts = [json.dumps({"tagline": f"Site {number}", "footer": "x" * 800}) for number in range(10_000)]
    for _ in range(2):
        assert [length(text) for text in texts] == [len(text) for text in texts]
    assert made == texts


def test_long_settings_are_kept_up_to_a_size() -> None:
    before = kept_bytes()
    for number in range(200):
        assert read(json.dumps({"footer": f"{number}" + "x" * 200_000}))["footer"].startswith(str(number))
    assert kept_bytes() - before <= MOST_BYTES


@pytest.mark.django_db
def test_a_preview_of_settings_keeps_nothing(north: Site) -> None:
    page(north, slug="", title="Home")
    person("boss", north, "Site admin")
    browser = Browser("north.test")
    browser.login(username="boss", password="boss")
    context = browser.get("/admin/settings/").context
    sent = {bound.html_name: bound.value() or "" for bound in context["form"]}
    before = kept_bytes()
    for number in range(3):
        shown = browser.post("/admin/settings/preview/", {**sent, "tagline": f"Preview {number}", "colour": "#112233"})
        assert f"Preview {number}" in shown.content.decode()
    assert kept_bytes() == before
