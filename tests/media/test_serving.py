"""`/media/`: the files of the current site, for people who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.core.files.storage import FileSystemStorage
from pytest_django import DjangoAssertNumQueries, Settings

from app.accounts.models import User
from app.media.models import MediaFile
from app.tenancy.current import use_site
from tests.sign_in.factors import give_app
from tests.support.makers import Browser, person
from tests.support.uploads import media_file, picture

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = bytes(range(48, 58)) * 10


def get(browser: Browser, address: str, method: str = "get", **headers: str) -> Any:
    """The response; its body was read, and is `body`."""
    send: Any = getattr(browser, method)
    response = send(address, headers=headers)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return response


def test_it_works(north: Site, at_north: Browser, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    found = media_file(north)
    get(at_north, found.thumbnail_url)  # loads the directory of sites
    with django_assert_num_queries(0):
        response = get(at_north, found.get_absolute_url())
    assert response.status_code == 200
    assert response.body.startswith(b"\xff\xd8\xff")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Disposition"].startswith("inline")
    assert not response.cookies


def test_every_rendition_has_an_address(north: Site, at_north: Browser) -> None:
    found = media_file(north)
    for address in (found.thumbnail_url, found.social_url, found.get_absolute_url().replace("800x600", "320x240")):
        assert get(at_north, address).status_code == 200


def test_another_sites_file_is_not_there(north: Site, south: Site, at_north: Browser, at_south: Browser) -> None:
    found = media_file(south)
    assert get(at_south, found.get_absolute_url()).status_code == 200
    assert get(at_north, found.get_absolute_url()).status_code == 404
    for path in (
        f"/media/{found.file.name}",
        f"/media/../{found.file.name}",
        f"/media/{found.key}/../../{found.key}/x.jpg",
    ):
        assert get(at_north, path).status_code == 404


def test_a_file_that_was_deleted_is_not_there(north: Site, at_north: Browser) -> None:
    found = media_file(north)
    address = found.get_absolute_url()
    etag = get(at_north, address)["ETag"]
    with use_site(north):
        MediaFile.objects.all().delete()
    assert get(at_north, address).status_code == 404
    assert get(at_north, address, **{"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "place", "content"),
    [
        ("bytes=0-9", 206, "bytes 0-9/100", b"0123456789"),
        ("bytes=95-", 206, "bytes 95-99/100", b"56789"),
        ("bytes=-3", 206, "bytes 97-99/100", b"789"),
        ("bytes=99-99", 206, "bytes 99-99/100", b"9"),
        ("bytes=98-5000", 206, "bytes 98-99/100", b"89"),
        ("bytes=100-", 416, "bytes */100", b""),
        ("bytes=-0", 416, "bytes */100", b""),
        ("bytes=0-", 200, None, TEXT),
        ("bytes=5-2", 200, None, TEXT),
        ("bytes=0-1,5-6", 200, None, TEXT),
        ("lines=1-2", 200, None, TEXT),
    ],
)
def test_parts_of_a_file(
    wanted: str, status: int, place: str | None, content: bytes, north: Site, at_north: Browser
) -> None:
    found = media_file(north, TEXT, "notes.txt")
    response = get(at_north, found.get_absolute_url(), Range=wanted)
    assert (response.status_code, response.get("Content-Range")) == (status, place)
    assert response.body == content
    if status != 416:
        assert response["Content-Length"] == str(len(content))
    assert response["Content-Disposition"].startswith("attachment") if status != 416 else True


def test_a_client_that_has_the_file_gets_no_body(north: Site, at_north: Browser) -> None:
    address = media_file(north, TEXT, "notes.txt").get_absolute_url()
    etag = get(at_north, address)["ETag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = get(at_north, address, **{"If-None-Match": sent})
        assert (response.status_code, response.body) == (304, b"")
        assert response["ETag"] == etag
    assert get(at_north, address, **{"If-None-Match": '"other"'}).status_code == 200
    ranged = {"Range": "bytes=0-1", "If-Range": '"other"'}
    assert get(at_north, address, **ranged).status_code == 200
    assert get(at_north, address, **ranged | {"If-Range": etag}).status_code == 206


def test_other_methods(north: Site, at_north: Browser) -> None:
    address = media_file(north, TEXT, "notes.txt").get_absolute_url()
    assert get(at_north, address, "head")["Content-Length"] == "100"
    assert get(at_north, address, "post").status_code == 405


@pytest.mark.parametrize("name", ["notes.txt", "report.docx"])
def test_what_browsers_do_not_show_is_a_download(name: str, north: Site, at_north: Browser) -> None:
    response = get(at_north, media_file(north, TEXT, name).get_absolute_url())
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_nothing_runs_in_a_file(north: Site, at_north: Browser) -> None:
    for content, name in ((picture(), "a.jpg"), (b"%PDF-1.7", "a.pdf"), (TEXT, "a.txt"), (b"ID3" + TEXT, "a.mp3")):
        policy = get(at_north, media_file(north, content, name).get_absolute_url())["Content-Security-Policy"]
        assert policy.startswith("sandbox")
        assert "default-src 'none'" in policy
        assert "script" not in policy


def test_a_private_file_is_for_members(north: Site, south: Site, at_north: Browser, nora: User, sam: User) -> None:
    found = media_file(north, is_private=True)
    for address in (found.get_absolute_url(), found.thumbnail_url):
        assert address.startswith("/media/private/")
        visitor, member, stranger = Browser("north.test"), Browser("north.test"), Browser("north.test")
        member.force_login(nora)
        stranger.force_login(sam)
        assert get(visitor, address).status_code == 404
        assert get(visitor, address.replace("private/", "")).status_code == 404
        assert get(stranger, address).status_code == 404
        response = get(member, address)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
    at_south = Browser("south.test")
    at_south.force_login(sam)
    assert get(at_south, found.get_absolute_url()).status_code == 404


def test_a_private_file_is_not_for_who_lacks_a_required_factor(
    north: Site, at_north: Browser, nora: User, settings: Settings
) -> None:
    found = media_file(north, is_private=True)
    at_north.force_login(nora)
    settings.REQUIRE_MFA = "staff"
    assert get(at_north, found.get_absolute_url()).status_code == 404
    give_app(nora)
    assert get(at_north, found.get_absolute_url()).status_code == 200


def test_a_role_that_may_not_see_the_library(north: Site) -> None:
    found = media_file(north, is_private=True)
    browser = Browser("north.test")
    browser.force_login(person("anna", north, "Author"))
    assert get(browser, found.get_absolute_url()).status_code == 200
    Group.objects.get(name="Author").permissions.remove(Permission.objects.get(codename="view_mediafile"))
    assert get(browser, found.get_absolute_url()).status_code == 404


def test_a_storage_that_is_away(north: Site, at_north: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    found = media_file(north)

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(FileSystemStorage, "_open", broken)
    response = get(at_north, found.get_absolute_url())
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "no-store" in response["Cache-Control"]


def test_no_rendition_is_made_by_a_request(north: Site, at_north: Browser, folder: Path) -> None:
    found = media_file(north, picture(500, 500))
    before = sorted(folder.rglob("*"))
    assert get(at_north, found.get_absolute_url().replace("500x500", "400x400")).status_code == 404
    assert sorted(folder.rglob("*")) == before
