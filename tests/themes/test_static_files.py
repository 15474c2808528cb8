"""Collected static files, as a visitor gets them."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from tests.support.makers import Browser


def test_the_list_of_static_files_is_not_served(at_north: Browser, settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS = tmp_path, False
    manifests = ["staticfiles.json", "staticfiles.json.gz", "staticfiles.json.br"]
    for name in ("plain.css", *manifests):
        (tmp_path / name).write_text("{}")
    served = at_north.get("/static/plain.css")
    assert (served.status_code, served.getvalue()) == (200, b"{}")
    assert [at_north.get(f"/static/{name}").status_code for name in manifests] == [404, 404, 404]
