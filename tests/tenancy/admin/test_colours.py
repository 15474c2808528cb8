from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tenancy.admin.colours import contrasting_colour, luminance

ENOUGH = 4.5  # WCAG 2.2, 1.4.3


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("colour", "ink"), [("#f5e663", "#000000"), ("#FFFFFF", "#000000"), ("#2b6a4d", "#ffffff"), ("#000000", "#ffffff")]
)
def test_it_works(colour: str, ink: str) -> None:
    assert contrasting_colour(colour) == ink


def test_contrast_is_counted_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_ink_can_be_read_on_any_colour(colour: str) -> None:
    assert contrast(colour, contrasting_colour(colour)) >= ENOUGH
