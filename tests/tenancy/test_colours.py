from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import User
from app.tenancy.colours import (
    DARK_GROUND,
    LIGHT_GROUND,
    contrast,
    contrasting_colour,
    css_colour,
    readable_on,
    too_faint,
)
from app.tenancy.directory import directory
from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import Browser

ENOUGH = 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize(
    ("colour", "ink"), [("#f5e663", "#000000"), ("#FFFFFF", "#000000"), ("#2b6a4d", "#ffffff"), ("#000000", "#ffffff")]
)
def test_it_works(colour: str, ink: str) -> None:
    assert contrasting_colour(colour) == ink


def test_contrast_is_counted_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_a_faint_colour_is_mended_for_light_and_for_dark_backgrounds(colour: str) -> None:
    for ground, others in ((LIGHT_GROUND, "#ffffff"), (DARK_GROUND, "#000000")):
        mended = readable_on(colour, ground)
        assert min(contrast(mended, ground), contrast(mended, others)) >= ENOUGH
        assert (mended == colour) is (contrast(colour, ground) >= ENOUGH)


def test_which_colours_are_mended() -> None:
    assert too_faint("#FFEE00").keys() == {"light"}
    assert too_faint("#101010").keys() == {"dark"}
    assert too_faint("") == too_faint("red") == {}


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_ink_can_be_read_on_any_colour(colour: str) -> None:
    assert contrast(colour, contrasting_colour(colour)) >= ENOUGH


@given(st.one_of(st.none(), st.integers(), st.text(), st.from_regex(r"#?[0-9a-z]{0,7}\n?")))
def test_what_is_no_colour_is_no_decoration_and_no_error(value: Any) -> None:
    ink, colour = contrasting_colour(value), css_colour(value)
    assert colour in {"", value}
    assert (ink == "") == (colour == "")


@pytest.mark.parametrize("stored", ["red", "#12345", "#zzzzzz", "}*{x:y", "\u00e9"])
def test_a_stored_colour_that_is_none_makes_no_page_an_error(
    stored: str, at_north: Browser, root: User, north: Site, south: Site
) -> None:
    SiteProfile.objects.update(colour=stored, theme="nosuch")  # as an earlier version, a fixture or psql can
    directory.forget()
    assert at_north.get("/admin/login/").status_code == 200
    at_north.login(username="root", password="root")
    admin = ("/admin/", "/admin/choose-site/", "/admin/sites/site/", f"/admin/sites/site/{north.pk}/change/")
    assert at_north.post("/admin/switch-site/", {"site_id": south.pk}).status_code == 302
    for address in (*admin, "/admin/pages/page/add/"):
        page = at_north.get(address)
        assert page.status_code == 200, address
        assert "--site" not in page.content.decode()
        assert f'fill="{stored}"' not in page.content.decode()
    preview = at_north.get("/nothing-here/")
    assert preview.status_code == 404
    assert b"You are looking at" in preview.content
    assert "--site" not in preview.content.decode()


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [("colour", "red", "colour"), ("theme", "nosuch", "theme"), ("key", "My_Key", "key"), ("state", "off", "choice")],
)
def test_no_way_in_takes_a_value_that_the_form_refuses(name: str, value: str, named: str, north: Site) -> None:
    profile = SiteProfile.objects.get(site=north)
    setattr(profile, name, value)
    with pytest.raises(ValidationError, match=named):
        profile.save()
    SiteProfile.objects.update(theme="removed")
    profile.refresh_from_db()
    profile.colour = "#123456"
    profile.save()


@pytest.mark.parametrize("host", ["a..b", "north.test", "SOUTH.test.", "*.org"])
def test_no_way_in_takes_an_alias_that_the_form_refuses(host: str, north: Site, south: Site) -> None:
    with pytest.raises(ValidationError):
        Alias.objects.create(site=north, host=host)
