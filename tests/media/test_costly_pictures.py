"""A small file must not cost much memory or time, and one that does must not hold the others."""

from __future__ import annotations

import resource
import time
from io import BytesIO
from typing import Any

import pytest
from django.contrib.sites.models import Site
from PIL import Image

from app.accounts.models import User
from app.media import pictures
from app.media.models import MediaFile
from app.media.structure import frames_of_gif, scans_of_jpeg
from tests.support.makers import Browser
from tests.support.uploads import (
    animation,
    growing_gif,
    media_file,
    photo_with_another,
    picture,
    repeated_scans,
    uploaded,
)

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/admin/media/mediafile/add/"


@pytest.fixture
def editor(at_north: Browser, nora: User) -> Browser:
    at_north.force_login(nora)
    return at_north


def errors(browser: Browser, content: bytes, name: str) -> str:
    response: Any = browser.post(ADD, {"uploads": uploaded(content, name)})
    form = (response.context or {}).get("form") if response.status_code == 200 else None
    return " ".join(form.errors["uploads"]) if form is not None else ""


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("disposal", [0, 2])
@pytest.mark.parametrize("side", [11, 2400, 9000])
def test_a_gif_whose_later_frames_are_larger(side: int, disposal: int, editor: Browser) -> None:
    before = peak_megabytes()
    bomb = growing_gif(side, side, disposal=disposal)
    made = peak_megabytes()
    assert len(bomb) < 150_000
    assert "frame of this animation is larger than its first" in errors(editor, bomb, "bomb.gif")
    assert peak_megabytes() - max(before, made) < 50
    assert not MediaFile.all_sites.exists()


def test_a_gif_whose_first_frame_is_large_has_the_limit_of_other_pictures(editor: Browser) -> None:
    small = growing_gif(10, 10, frames=1)
    bomb = small[:6] + (5000).to_bytes(2, "little") * 2 + small[10:]
    assert "megapixels" in errors(editor, bomb, "bomb.gif")


def test_a_gif_whose_later_frames_are_smaller(north: Site) -> None:
    found = media_file(north, growing_gif(5, 7), "small.gif")
    assert (found.width, found.height) == (10, 10)
    assert str(found.file.name).endswith("-animated.webp")


@pytest.mark.parametrize(
    "made", [animation(7), growing_gif(5, 7, frames=4), picture(kind="GIF"), animation(2) + b"!;,"]
)
def test_the_frames_are_those_that_pillow_finds(made: bytes) -> None:
    with Image.open(BytesIO(made)) as image:
        assert len(list(frames_of_gif(made))) == getattr(image, "n_frames", 1)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_animations_cannot_grow(kind: str, editor: Browser) -> None:
    """Pillow refuses a frame that is not within the picture; libwebp decodes the frames into the picture."""
    made = bytearray(animation(2, 40, 40, kind=kind))
    if kind == "PNG":
        at = made.rindex(b"fcTL") + 8
        made[at : at + 8] = (9000).to_bytes(4, "big") * 2
    else:
        at = made.rindex(b"ANMF") + 14
        made[at : at + 6] = (8999).to_bytes(3, "little") * 2
    before = peak_megabytes()
    found = errors(editor, bytes(made), "bomb.png")
    assert "damaged" in found or kind == "WEBP"
    assert peak_megabytes() - before < 50
    assert {(row.width, row.height) for row in MediaFile.all_sites.all()} <= {(40, 40)}


def test_a_photo_with_another_behind_it_is_a_photo(north: Site) -> None:
    found = media_file(north, photo_with_another(picture(3000, 2000)), "photo.jpg")
    assert (found.width, found.height) == (800, 600)
    assert str(found.file.name).endswith("-800x600.jpg")


def test_a_jpeg_with_many_scans(editor: Browser) -> None:
    few = repeated_scans(80)
    assert len(list(scans_of_jpeg(few))) == 90
    assert errors(editor, few, "few.jpg") == ""
    bomb = repeated_scans(91, 4000, 3000)
    before = time.monotonic()
    assert "more than 100 scans" in errors(editor, bomb, "many.jpg")
    assert time.monotonic() - before < 2
    assert MediaFile.all_sites.count() == 1


def test_what_stands_behind_a_jpeg_or_in_its_headers_is_no_scan(north: Site) -> None:
    """A telephone writes a film behind the photo, in which any bytes can be."""
    media_file(north, picture(comment=b"\xff\xda" * 200) + b"\xff\xda" * 200)


def test_the_largest_jpeg(north: Site) -> None:
    found = media_file(north, picture(10_000, 6_000))
    assert found.width == 2400


def test_a_slow_picture_does_not_hold_the_others(north: Site, editor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    row = media_file(north)
    monkeypatch.setattr(pictures, "LONGEST_WAIT_SECONDS", 0.1)
    with pictures._one_at_a_time:
        assert "Try again in a minute" in errors(editor, picture(30, 30), "next.jpg")
        data = {"title": "Moved", "focal_x": 10, "focal_y": 20, "alt": "A bridge"}
        response: Any = editor.post(f"/admin/media/mediafile/{row.pk}/change/", data, follow=True)
        assert "Try again in a minute" in response.content.decode()
    assert [found.title for found in MediaFile.all_sites.all()] == ["Red bridge"]
    assert errors(editor, picture(30, 30), "next.jpg") == ""
