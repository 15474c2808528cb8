"""The same with files on S3, against a real server that speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.test import override_settings

from app import service_urls
from app.accounts.models import User
from app.media import availability
from app.media.availability import Availability
from app.media.models import MediaFile
from app.tenancy.current import use_site
from tests.support.makers import Browser
from tests.support.s3 import S3, running_s3
from tests.support.uploads import media_file, picture, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]
ADD, UPLOAD = "/admin/media/mediafile/add/", "/admin/media/mediafile/upload/"
TEXT = bytes(range(48, 58)) * 10


@pytest.fixture
def s3(tmp_path_factory: pytest.TempPathFactory, storage: Any) -> Iterator[S3]:
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        backend = dict(service_urls.storage(server.url).settings)
        with override_settings(STORAGES={"default": backend, "staticfiles": static}):
            yield server


def get(browser: Browser, address: str, method: str = "get", **headers: str) -> Any:
    send: Any = getattr(browser, method)
    response = send(address, headers=headers)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return response


def test_it_works(s3: S3, north: Site, south: Site, at_north: Browser, at_south: Browser, nora: User) -> None:
    at_north.force_login(nora)
    files = [uploaded(picture(400, 300)), uploaded(TEXT, "notes.txt")]
    assert at_north.post(ADD, {"uploads": files}).status_code == 302
    bridge, notes = MediaFile.all_sites.order_by("pk")
    assert {key.rpartition("/")[2] for key in s3.names()} == {
        "bridge-400x300.jpg",
        "bridge-400x300.webp",
        "bridge-320x240.jpg",
        "bridge-320x240.webp",
        "thumbnail-50-50.webp",
        "social-50-50.jpg",
        "notes.txt",
    }
    assert all(key.startswith(f"sites/{north.pk}/public/") for key in s3.names())
    found = get(at_north, bridge.get_absolute_url())
    assert (found.status_code, found["Content-Length"]) == (200, str(len(found.body)))
    assert found.body.startswith(b"\xff\xd8\xff")
    assert found["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(at_south, bridge.get_absolute_url()).status_code == 404
    address = notes.get_absolute_url()
    part = get(at_north, address, Range="bytes=10-12")
    assert (part.status_code, part["Content-Range"], part.body) == (206, "bytes 10-12/100", b"012")
    assert get(at_north, address, Range="bytes=-2").body == b"89"
    behind = get(at_north, address, Range="bytes=100-")
    assert (behind.status_code, behind["Content-Range"]) == (416, "bytes */100")
    assert get(at_north, address, "head")["Content-Length"] == "100"
    same = get(at_north, address, **{"If-None-Match": found["ETag"].replace("bridge-400x300.jpg", "x")})
    assert same.status_code == 200
    assert get(at_north, address, **{"If-None-Match": same["ETag"]}).status_code == 304

    with use_site(north):
        bridge.focal_x = 10
        bridge.is_private = True
        bridge.save()
        assert {key.split("/")[2] for key in s3.names() if "bridge" in key} == {"private"}
        assert get(at_north, bridge.thumbnail_url).status_code == 200
        MediaFile.objects.all().delete()
    assert s3.names() == set()
    assert get(at_north, address).status_code == 404
    assert get(at_north, address, **{"If-None-Match": same["ETag"]}).status_code == 404


def test_s3_that_is_away(
    s3: S3,
    north: Site,
    at_north: Browser,
    nora: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = media_file(north, TEXT, "notes.txt").get_absolute_url()
    s3.process.terminate()
    s3.process.wait()
    response = get(at_north, address)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    monkeypatch.setattr(availability, "bucket", Availability(2))
    caplog.clear()
    assert [get(at_north, address).status_code for _ in range(3)] == [503] * 3
    failed = [record for record in caplog.records if "The storage of media failed" in record.getMessage()]
    assert len(failed) == 1, "one request waits for the bucket, the others do not"
    at_north.force_login(nora)
    message = "Files cannot be stored at the moment. Nothing was saved."
    assert message in at_north.post(ADD, {"uploads": uploaded(picture())}).content.decode()
    refused = at_north.post(UPLOAD, {"file": uploaded(picture())})
    assert refused.status_code == 400
    assert message in refused.json()["errors"][0]
    assert MediaFile.all_sites.count() == 1
