"""Files follow their rows, and nothing that may not be uploaded is stored."""

from __future__ import annotations

import errno
import struct
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, transaction
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from PIL import Image

from app.media.files import Written
from app.media.models import MediaFile
from app.postgresql.row_security.scope import every_site
from app.tenancy.current import use_site
from app.tenancy.isolation.cross_site import CrossSiteReference
from tests.support.uploads import animation, archive, media_file, picture, uploaded

pytestmark = pytest.mark.django_db(transaction=True)
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def refused(site: Site, content: bytes, name: str = "bridge.jpg") -> str:
    with use_site(site), pytest.raises(ValidationError) as error:
        MediaFile(file=uploaded(content, name)).save()
    assert not MediaFile.all_sites.exists()
    return " ".join(error.value.message_dict["file"])


def test_it_works(north: Site, folder: Path) -> None:
    found = media_file(north, picture(2000, 1000))
    assert (found.kind, found.width, found.height, found.title) == ("picture", 2000, 1000, "Red bridge")
    names = {Path(name).name for name in stored(folder)}
    sizes = ["320x160", "640x320", "1024x512", "1600x800", "2000x1000"]
    assert names == {
        *(f"red-bridge-{size}.{extension}" for size in sizes for extension in ("jpg", "webp")),
        "thumbnail-50-50.webp",
        "social-50-50.jpg",
    }
    assert found.stored_size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_equal_names_on_two_sites_never_meet(north: Site, south: Site, folder: Path) -> None:
    media_file(north, b"north", "notes.txt")
    media_file(south, b"south", "notes.txt")
    here, there = sorted(stored(folder))
    assert here.startswith(f"sites/{north.pk}/public/")
    assert there.startswith(f"sites/{south.pk}/public/")
    assert [(folder / name).read_text() for name in (here, there)] == ["north", "south"]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_picture_that_only_says_it_is_a_jpeg(kind: str, north: Site) -> None:
    found = media_file(north, picture(kind=kind), "bridge.jpg")
    assert str(found.file.name).rpartition(".")[2] == {"PNG": "png", "GIF": "png", "WEBP": "webp"}[kind]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HTML, "bridge.jpg"),
        (HTML, "page.html"),
        (SVG, "logo.svg"),
        (b"\xef\xbb\xbf \n" + SVG, "logo.txt"),
        (b"MZ\x90\x00" + b"\0" * 100, "setup.exe"),
        (archive(a="text"), "files.zip"),
        (b"\x1f\x8b\x08" + b"\0" * 100, "files.gz"),
    ],
)
def test_other_content_is_refused_whatever_it_is_called(content: bytes, name: str, north: Site, folder: Path) -> None:
    assert "must be one of" in refused(north, content, name)
    assert stored(folder) == set()


@pytest.mark.parametrize(
    ("content", "extension", "kind"),
    [
        (b"%PDF-1.7\n%%EOF", "pdf", "document"),
        ("Grüße\n".encode(), "txt", "document"),
        (archive(word_document_xml="<w/>"), "docx", "document"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "odt", "document"),
        (b"ID3\x04" + b"\0" * 100, "mp3", "audio"),
        (b"RIFF\0\0\0\0WAVE", "wav", "audio"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 100, "mp4", "video"),
        (b"\x1a\x45\xdf\xa3\x01\x42\x82\x84webm", "webm", "video"),
    ],
)
def test_what_may_be_uploaded(content: bytes, extension: str, kind: str, north: Site) -> None:
    found = media_file(north, content, "Übersicht 2026.bin")
    assert str(found.file.name).endswith(f"/ubersicht-2026.{extension}")
    assert found.kind == kind


def test_nothing_but_pixels_is_kept(north: Site, folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "planted text"
    found = media_file(north, picture(800, 400, exif=exif, comment=b"planted text") + b"planted text")
    assert (found.width, found.height) == (400, 800)
    for name in stored(folder):
        assert b"planted" not in (folder / name).read_bytes()
        with Image.open(folder / name) as image:
            assert not {"exif", "comment", "icc_profile", "xmp"} & set(image.info)
            assert not image.getexif()


def test_a_bomb_of_pixels(north: Site) -> None:
    bomb = BytesIO()
    Image.new("1", (8000, 8000)).save(bomb, format="PNG")
    assert len(bomb.getvalue()) < 20_000
    assert "64 megapixels" in refused(north, bomb.getvalue())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_bomb_of_frames(kind: str, north: Site) -> None:
    assert "too long" in refused(north, animation(301, kind=kind))


def test_a_short_animation_still_moves(north: Site, folder: Path) -> None:
    found = media_file(north, animation(3))
    with Image.open(folder / str(found.file.name)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("WEBP", 3)
    assert str(found.file.name).endswith("-animated.webp")


def test_a_bomb_of_zip(north: Site) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", b"\0" * (64 * 2**20))
    assert "unpacked" in refused(north, bomb.getvalue(), "report.docx")
    many = BytesIO()
    with zipfile.ZipFile(many, "w") as made:
        for number in range(5001):
            made.writestr(f"word/{number}", b"")
    assert "too many parts" in refused(north, many.getvalue(), "report.docx")


@pytest.mark.parametrize("kind", ["number", "number in the record", "zip64"])
def test_a_zip_whose_end_lies_about_its_directory(kind: str, north: Site) -> None:
    """zipfile reads by the size of the directory; only a few numbers of the end record are checked by it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("word/document.xml", b"")
        for number in range(31_000):
            parts.writestr(f"word/{number:060}", b"")
    whole = made.getvalue()
    parts_before, end = whole[:-22], bytearray(whole[-22:])
    size, start = struct.unpack_from("<2L", end, 12)
    end[8:12] = b"PK\x05\x06" if kind == "number in the record" else b"\1\0\1\0"
    if kind == "zip64":
        end[12:20] = b"\0" * 8
        record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, start)
        parts_before += record + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(parts_before), 1)
    assert "too many parts" in refused(north, parts_before + bytes(end), "report.docx")


def test_a_picture_of_which_a_part_arrived(north: Site, folder: Path) -> None:
    assert "damaged" in refused(north, picture()[:2000])
    assert stored(folder) == set()


def test_a_file_that_is_too_large(north: Site, settings: Any) -> None:
    settings.MEDIA_MAX_MB = 1
    assert "larger than 1 MB" in refused(north, b"a" * (2**20 + 1), "long.txt")
    assert "empty" in refused(north, b"", "nothing.txt")


def test_the_files_of_a_site_have_a_limit(north: Site, south: Site, settings: Any, folder: Path) -> None:
    settings.MEDIA_SITE_MAX_MB = 1
    media_file(south, b"a" * 900_000, "south.txt")
    media_file(north, b"a" * 900_000, "north.txt")
    with use_site(north), pytest.raises(ValidationError, match="1 MB together"):
        MediaFile(file=uploaded(b"a" * 200_000, "more.txt")).save()
    assert len(stored(folder)) == 2


def test_the_smaller_copies_of_a_picture_count(north: Site, folder: Path, settings: Any) -> None:
    settings.MEDIA_SITE_MAX_MB = 1
    noise = Image.frombytes("RGB", (700, 700), Random(1).randbytes(700 * 700 * 3))
    content = BytesIO()
    noise.save(content, "JPEG", quality=92)
    assert content.tell() < 1_000_000
    with use_site(north), pytest.raises(ValidationError, match="1 MB together"):
        MediaFile(file=uploaded(content.getvalue(), "noise.jpg")).save()
    assert stored(folder) == set()


def test_the_size_of_a_picture_is_that_of_its_file_and_all_copies_count(north: Site, folder: Path) -> None:
    row = media_file(north, picture(1600, 900))
    on_disk = [(folder / name).stat().st_size for name in stored(folder)]
    assert row.size == (folder / str(row.file.name)).stat().st_size
    assert row.stored_size == sum(on_disk) > row.size
    document = media_file(north, b"text", "a.txt")
    assert (document.size, document.stored_size) == (4, 4)


def test_a_row_of_the_last_release_counts(north: Site, settings: Any) -> None:
    """It has one size, of all copies."""
    settings.MEDIA_SITE_MAX_MB = 1
    row = media_file(north, b"a" * 900_000, "a.txt")
    with use_site(north):
        MediaFile.objects.filter(pk=row.pk).update(stored_size=0)
        with pytest.raises(ValidationError, match="1 MB together"):
            MediaFile(file=uploaded(b"b" * 200_000, "more.txt")).save()


def test_the_migration_takes_the_size_of_all_copies_over(north: Site, south: Site) -> None:
    rows = [media_file(site, b"text", "a.txt") for site in (north, south)]
    for site, row in zip((north, south), rows, strict=True):
        with use_site(site):
            MediaFile.objects.filter(pk=row.pk).update(size=9, stored_size=0)
    after = ("media", "0002_size_with_all_copies")
    migration = MigrationLoader(connection).disk_migrations[after]
    editor: Any = SimpleNamespace(connection=connection)
    for operation in migration.operations[1:]:
        assert isinstance(operation, RunPython)
        with every_site():  # as the owner of the tables, whom row security does not bind
            operation.code(MigrationLoader(connection).project_state(after).apps, editor)
    assert {(row.size, row.stored_size) for row in MediaFile.all_sites.all()} == {(9, 9)}


def test_two_uploads_at_once_share_the_limit(
    north: Site, folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_SITE_MAX_MB = 1
    write = Written.write

    def write_while_another_is_stored(self: Written, *arguments: Any) -> None:
        monkeypatch.setattr(Written, "write", write)
        write(self, *arguments)
        media_file(north, b"b" * 600_000, "other.txt")

    monkeypatch.setattr(Written, "write", write_while_another_is_stored)
    with use_site(north), pytest.raises(ValidationError, match="1 MB together"):
        MediaFile(file=uploaded(b"a" * 600_000, "slow.txt")).save()
    with use_site(north):
        assert [file.title for file in MediaFile.objects.all()] == ["other"]
    assert len(stored(folder)) == 1


def test_a_full_disk_leaves_neither_row_nor_file(north: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = FileSystemStorage._save  # type: ignore[attr-defined]
    written = []

    def full(self: Any, name: str, content: Any) -> str:
        written.append(name)
        made: str = save(self, name, content)
        if len(written) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return made

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    assert "no space left" in refused(north, picture())
    assert len(written) == 4
    assert stored(folder) == set()


def test_a_row_that_cannot_be_saved_leaves_no_file(north: Site, folder: Path) -> None:
    with use_site(north):
        with pytest.raises(IntegrityError):
            MediaFile(file=uploaded(picture()), alt=None).save()  # type: ignore[misc]  # what the database refuses
        assert stored(folder) == set()
        # A savepoint, and a transaction around it that goes on.
        with transaction.atomic():
            with suppress(ZeroDivisionError), transaction.atomic():
                MediaFile(file=uploaded(picture())).save()
                raise ZeroDivisionError
            kept = MediaFile(file=uploaded(b"kept", "kept.txt"))
            kept.save()
    assert stored(folder) == {str(kept.file.name)}


def test_files_go_when_the_deletion_is_committed(north: Site, folder: Path) -> None:
    found = media_file(north)
    with use_site(north):
        with suppress(ZeroDivisionError), transaction.atomic():
            MediaFile.objects.all().delete()
            raise ZeroDivisionError
        assert str(found.file.name) in stored(folder)
        MediaFile.objects.all().delete()
    assert stored(folder) == set()
    assert not list(folder.glob("sites/*/public/*"))


def test_the_files_go_with_their_site(north: Site, folder: Path) -> None:
    media_file(north)
    with every_site():
        north.delete()
    assert stored(folder) == set()


def test_a_focal_point_moves_the_crops(north: Site, folder: Path) -> None:
    found = media_file(north, picture(1600, 400))
    with use_site(north):
        for focus, colour in ((0, "red"), (100, "blue"), (0, "red")):
            found.focal_x = focus
            found.save()
            with Image.open(
                folder / "sites" / str(north.pk) / "public" / found.key / f"thumbnail-{focus}-50.webp"
            ) as image:
                red, _, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
            assert (red > 200, blue > 200) == (colour == "red", colour == "blue")


def test_a_private_file_moves(north: Site, folder: Path) -> None:
    found = media_file(north)
    before = len(stored(folder))
    with use_site(north):
        MediaFile.objects.update(is_private=True)
        found.refresh_from_db()
    assert str(found.file.name).startswith(f"sites/{north.pk}/private/{found.key}/")
    assert all(name.startswith(f"sites/{north.pk}/private/") for name in stored(folder))
    assert len(stored(folder)) == before


def test_an_old_instance_does_not_move_a_file_back(north: Site, folder: Path) -> None:
    old = media_file(north, picture(1600, 400))
    with use_site(north):
        new = MediaFile.objects.get()
        new.is_private, new.focal_x = True, 20
        new.save()
        old.title = "Bridge"
        old.save(update_fields=["title"])
        old.focal_y = 30
        old.save(update_fields=["focal_y"])
        found = MediaFile.objects.get()
    assert (found.title, found.is_private, found.focal_x, found.focal_y) == ("Bridge", True, 20, 30)
    names = stored(folder)
    assert all(name.startswith(f"sites/{north.pk}/private/") for name in names)
    assert any(name.endswith("/thumbnail-20-30.webp") for name in names)


def test_a_row_cannot_name_the_file_of_another_site(north: Site, south: Site) -> None:
    found = media_file(south)
    with use_site(north), pytest.raises(CrossSiteReference):
        MediaFile(file=str(found.file.name), title="t", kind="picture").save()
