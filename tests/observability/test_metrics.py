"""The site label is bounded, and the same in every process of a pod."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.observability.metrics import LABELLED_SITES, set_labelled_sites, site_label


@pytest.fixture(autouse=True)
def no_labels() -> Iterator[None]:
    set_labelled_sites([])
    yield
    set_labelled_sites([])


def test_it_works() -> None:
    set_labelled_sites(frozenset({7, 9}))
    assert [site_label(7), site_label(9), site_label(8), site_label(None)] == ["7", "9", "other", "none"]


def test_ten_thousand_sites_have_a_hundred_and_one_labels() -> None:
    set_labelled_sites(range(10_000, 0, -1))
    labels = {site_label(site_id) for site_id in range(1, 10_001)}
    assert labels == {str(site_id) for site_id in range(1, LABELLED_SITES + 1)} | {"other"}
