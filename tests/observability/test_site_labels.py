"""The site label is bounded, and the same in every process of a pod."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.observability.site_labels import NAMED_SITES, NONE, OTHER, SiteLabels


@pytest.mark.parametrize("shared", [True, False])
def test_it_works(tmp_path: Path, shared: bool) -> None:
    labels = SiteLabels(tmp_path / "named" if shared else None)
    assert [labels.label(7), labels.label(None), labels.label(7)] == ["7", NONE, "7"]


@pytest.mark.parametrize("shared", [True, False])
def test_ten_thousand_sites_have_a_hundred_and_one_labels(tmp_path: Path, shared: bool) -> None:
    labels = SiteLabels(tmp_path / "named" if shared else None)
    seen = {labels.label(site_id) for site_id in range(1, 10_001)}
    assert seen == {str(site_id) for site_id in range(1, NAMED_SITES + 1)} | {OTHER}


def test_two_processes_call_a_site_the_same(tmp_path: Path) -> None:
    one, two = SiteLabels(tmp_path / "named"), SiteLabels(tmp_path / "named")
    interleaved = [(labels.label(site_id), site_id) for site_id in range(300) for labels in (one, two)]
    assert all(label in (str(site_id), OTHER) for label, site_id in interleaved)
    assert [one.label(n) for n in range(300)] == [two.label(n) for n in range(300)]


def test_a_full_file_is_not_read_again(tmp_path: Path) -> None:
    labels = SiteLabels(tmp_path / "named")
    for site_id in range(NAMED_SITES):
        labels.label(site_id)
    (tmp_path / "named").unlink()
    assert labels.label(10_000) == OTHER
    assert not (tmp_path / "named").exists()
