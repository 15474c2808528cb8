"""The library in the admin, as editors of two sites use it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.core.files.storage import FileSystemStorage

from app.accounts.models import User
from app.media.models import Folder, MediaFile
from app.menus.models import Menu, MenuEntry
from app.pages.models import LinkPage
from app.redirects.models import Redirect
from app.tenancy.current import use_site
from app.testing.forms import submitted
from tests.support.makers import Browser, page, person
from tests.support.uploads import archive, media_file, picture, uploaded

pytestmark = pytest.mark.django_db(transaction=True)
LIST, ADD, UPLOAD = "/admin/media/mediafile/", "/admin/media/mediafile/add/", "/admin/media/mediafile/upload/"
PICTURES = "/admin/media/mediafile/pictures/"


@pytest.fixture
def editor(at_north: Browser, nora: User) -> Browser:
    at_north.force_login(nora)
    return at_north


def all_files() -> list[MediaFile]:
    return list(MediaFile.all_sites.order_by("pk"))


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def test_it_works(north: Site, editor: Browser, nora: User) -> None:
    files = [uploaded(picture()), uploaded(b"Minutes", "minutes.txt")]
    with use_site(north):
        folder = Folder.objects.create(name="Council")
    response = editor.post(ADD, {"uploads": files, "folder": folder.pk}, follow=True)
    assert response.redirect_chain == [(f"{LIST}?alternative=missing", 302)]
    assert "2 files were uploaded." in text(response)
    bridge, minutes = all_files()
    assert [(row.kind, row.site, row.folder_id, row.uploaded_by) for row in (bridge, minutes)] == [
        ("picture", north, folder.pk, nora),
        ("document", north, folder.pk, nora),
    ]
    data = submitted(text(response), "changelist-form", **{"form-0-alt": "A red bridge"})
    editor.post(f"{LIST}?alternative=missing", {**data, "_save": "Save"})
    bridge.refresh_from_db(from_queryset=MediaFile.all_sites.all())
    assert bridge.alt == "A red bridge"


def test_two_people_who_describe_pictures_keep_each_others_texts(north: Site, editor: Browser) -> None:
    second, first = media_file(north, picture(30, 30), "second.jpg"), media_file(north, picture(40, 40), "first.jpg")
    address = f"{LIST}?alternative=missing"
    opened = text(editor.get(address))
    for number, alt in ((0, "A bridge"), (1, "A tower")):
        data = submitted(opened, "changelist-form", **{f"form-{number}-alt": alt, "_save": "Save"})
        assert editor.post(address, data).status_code == 302
    assert [(row.pk, row.alt) for row in all_files()] == [(second.pk, "A tower"), (first.pk, "A bridge")]
    data = submitted(opened, "changelist-form", **{"form-0-alt": "A red bridge", "_save": "Save"})
    refused = text(editor.post(address, data))
    assert "Somebody saved a newer value" in refused
    assert "Stored now: A bridge" in refused
    assert [row.alt for row in all_files()] == ["A tower", "A bridge"]
    assert editor.post(address, {**submitted(refused, "changelist-form"), "_save": "Save"}).status_code == 302
    assert [row.alt for row in all_files()] == ["A tower", "A red bridge"]


def test_one_bad_file_does_not_stop_the_others(editor: Browser) -> None:
    files = [uploaded(picture(), "a.jpg"), uploaded(b"<svg/>", "logo.svg"), uploaded(b"Text", "b.txt")]
    response = editor.post(ADD, {"uploads": files})
    assert response.status_code == 200
    assert "logo.svg: This is not a file that may be uploaded." in text(response)
    assert "2 files were uploaded." in text(response)
    assert [row.title for row in all_files()] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "name", "note"),
    [
        (b"Text", "text.JPEG", "“text.JPEG” is not a picture: it was stored as a document (TXT)."),
        (picture(), "report.pdf", "“report.pdf” is not a document: it was stored as a picture (JPG)."),
        (picture(), "a.png", ""),
    ],
)
def test_a_name_that_promises_something_else_has_a_message(
    content: bytes, name: str, note: str, editor: Browser
) -> None:
    shown = text(editor.post(ADD, {"uploads": uploaded(content, name)}, follow=True))
    assert note in shown
    assert ("it was stored as" in shown) == bool(note)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "nothing.txt", "nothing.txt: This file is empty."),
        (picture()[:3000], "a.jpg", "a.jpg: This picture is damaged, or only a part of it has arrived."),
        (archive(a="b"), "a.jpg", "a.jpg: This is not a file that may be uploaded."),
        (b"a" * 2_000_000, "long.txt", "long.txt: This file is larger than 1 MB."),
    ],
)
def test_a_bad_file_has_a_message_at_the_field(
    content: bytes, name: str, message: str, editor: Browser, folder: Path, settings: Any
) -> None:
    settings.MEDIA_MAX_MB = 1
    response = editor.post(ADD, {"uploads": uploaded(content, name)})
    assert message in " ".join(response.context["form"].errors["uploads"])
    assert all_files() == []
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_no_file_has_a_message_too(editor: Browser) -> None:
    assert "This field is required" in text(editor.post(ADD, {}))


def test_a_full_disk(editor: Browser, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    assert "no space left for files. Nothing was saved" in text(editor.post(ADD, {"uploads": uploaded(picture())}))
    assert all_files() == []


def test_what_is_there_already_is_not_stored_again(editor: Browser, south: Site) -> None:
    media_file(south, picture())
    for _ in range(2):
        response = editor.post(ADD, {"uploads": uploaded(picture())}, follow=True)
    assert "In the library already: bridge." in text(response)
    assert len(all_files()) == 2


def test_a_picture_needs_an_alternative_text(north: Site, editor: Browser) -> None:
    row = media_file(north)
    address = f"{LIST}{row.pk}/change/"
    form = editor.get(address)
    assert row.get_absolute_url() in text(form)
    data = submitted(text(form), "mediafile_form")
    assert "Say what the picture shows" in text(editor.post(address, data))
    assert editor.post(address, {**data, "is_decorative": "on"}).status_code == 302
    data = submitted(text(editor.get(address)), "mediafile_form", alt="A bridge", focal_x="20")
    del data["is_decorative"]
    assert editor.post(address, data).status_code == 302
    data = submitted(text(editor.get(address)), "mediafile_form")
    assert "not decorative" in text(editor.post(address, {**data, "alt": "A bridge", "is_decorative": "on"}))
    assert "less than or equal to 100" in text(editor.post(address, {**data, "alt": "A bridge", "focal_x": "101"}))
    (found,) = all_files()
    assert (found.alt, found.focal_x) == ("A bridge", 20)
    thumbnail = editor.get(found.thumbnail_url)
    thumbnail.close()
    assert thumbnail.status_code == 200


def test_who_uploaded_a_file_is_a_link_for_who_may_open_the_account(
    north: Site, editor: Browser, nora: User, root: User
) -> None:
    address, account = f"{LIST}{media_file(north, uploaded_by=nora).pk}/change/", f"/admin/accounts/user/{nora.pk}/"
    shown = text(editor.get(address))
    assert ">nora<" in shown.replace("\n", "").replace(" ", "")
    assert account not in shown
    editor.force_login(root)
    assert f'<a href="{account}change/">nora</a>' in text(editor.get(address))


def test_a_document_needs_none(north: Site, editor: Browser) -> None:
    row = media_file(north, b"Minutes", "minutes.txt")
    address = f"{LIST}{row.pk}/change/"
    data = submitted(text(editor.get(address)), "mediafile_form", title="Minutes of May")
    assert editor.post(address, data).status_code == 302
    assert [found.title for found in all_files()] == ["Minutes of May"]


def test_search_and_filters(north: Site, editor: Browser) -> None:
    with use_site(north):
        folder = Folder.objects.create(name="Council")
    media_file(north, alt="A crane", folder=folder)
    media_file(north, b"Minutes", "minutes.txt", is_private=True)
    for query, shown in (
        ("q=crane", ["Red bridge"]),
        ("kind=document", ["minutes"]),
        (f"folder__id__exact={folder.pk}", ["Red bridge"]),
        ("is_private__exact=1", ["minutes"]),
        ("alternative=missing", []),
    ):
        found = editor.get(f"{LIST}?{query}")
        assert [str(row) for row in found.context["cl"].result_list] == shown, query


def test_where_a_file_is_used_and_that_it_cannot_go(north: Site, south: Site, editor: Browser) -> None:
    row, other = media_file(north, alt="A bridge"), media_file(north, b"Unused", "unused.txt")
    used = page(north, title="Bridges", slug="bridges", body=f'<p><a href="{row.get_absolute_url()}">Picture</a></p>')
    page(south, title="Elsewhere", body=f'<p><a href="{row.get_absolute_url()}">Picture</a></p>')
    form = text(editor.get(f"{LIST}{row.pk}/change/"))
    assert f'<a href="/admin/pages/page/{used.pk}/change/">Page: Bridges</a>' in form
    assert "Elsewhere" not in form
    for confirmed in ({}, {"post": "yes"}):
        response = text(editor.post(f"{LIST}{row.pk}/delete/", confirmed))
        assert "is in use and cannot be deleted" in response
        assert "Page: Bridges" in response
    chosen = {"action": "delete_selected", "_selected_action": [row.pk, other.pk], "post": "yes"}
    assert "in use and cannot be deleted" in text(editor.post(LIST, chosen))
    data = submitted(form, "mediafile_form", is_private="on")
    assert "Visitors see this file on: Bridges." in text(editor.post(f"{LIST}{row.pk}/change/", data))
    assert len(all_files()) == 2
    assert editor.post(f"{LIST}{other.pk}/delete/", {"post": "yes"}).status_code == 302
    assert all_files() == [row]


def test_a_great_many_files_are_not_deleted_at_once(
    north: Site, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.media.admin.MOST_DELETED", 2)
    rows = [media_file(north, f"Minutes {number}".encode(), f"{number}.txt") for number in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    for data in (chosen, {**chosen, "post": "yes"}, {**chosen, "_selected_action": rows[0].pk, "select_across": "1"}):
        response = editor.post(LIST, data)
        assert (response.status_code, response.headers["Location"]) == (302, LIST)
        assert "These are 3 files. Delete at most 2 at a time." in text(editor.get(LIST))
    assert len(all_files()) == 3
    assert editor.post(LIST, {**chosen, "_selected_action": [rows[0].pk, rows[1].pk], "post": "yes"}).status_code == 302
    assert all_files() == [rows[2]]


def test_a_file_that_an_address_leads_to_is_in_use(north: Site, editor: Browser) -> None:
    rows = [media_file(north, f"Minutes {number}".encode(), f"{number}.txt") for number in range(4)]
    menu_file, page_file, redirect_file, unused = rows
    with use_site(north):
        menu = Menu.objects.create(name="Footer")
        MenuEntry.objects.create(menu=menu, address=menu_file.get_absolute_url(), title="Minutes")
        LinkPage.objects.create(title="Report", slug="report", address=page_file.get_absolute_url())
        Redirect.objects.create(old_path="/old/", new=redirect_file.get_absolute_url())
        MediaFile.objects.filter(pk=unused.pk).update(title=f"Not {unused.get_absolute_url()}")
    for row in (menu_file, page_file, redirect_file):
        form = text(editor.get(f"{LIST}{row.pk}/change/"))
        data = submitted(form, "mediafile_form", is_private="on")
        assert "Visitors see this file on" in text(editor.post(f"{LIST}{row.pk}/change/", data))
        assert "in use and cannot be deleted" in text(editor.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}))
    assert editor.post(f"{LIST}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert all_files() == [menu_file, page_file, redirect_file]


def test_an_author_uploads_and_does_not_delete(north: Site) -> None:
    browser = Browser("north.test")
    browser.force_login(person("anna", north, "Author"))
    assert browser.post(ADD, {"uploads": uploaded(picture())}).status_code == 302
    (row,) = all_files()
    assert browser.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert browser.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_editor_lists_and_uploads_pictures(north: Site, south: Site, editor: Browser) -> None:
    media_file(north, b"Minutes", "minutes.txt")
    media_file(north, picture(30, 30), "secret.jpg", is_private=True)
    media_file(south)
    assert editor.get(PICTURES).json() == {"pictures": [], "next": None}
    made = editor.post(UPLOAD, {"file": uploaded(picture(400, 300))}).json()["picture"]
    assert (made["title"], made["width"], made["height"]) == ("bridge", 400, 300)
    assert editor.get(PICTURES, {"q": "bri"}).json()["pictures"] == [made]
    assert editor.get(PICTURES, {"q": "tower"}).json()["pictures"] == []
    again = editor.post(UPLOAD, {"file": uploaded(picture(400, 300), "copy.jpg")}).json()["picture"]
    assert again == made
    misnamed = editor.post(f"{UPLOAD}?kind=any", {"file": uploaded(b"Text", "text.jpg")}).json()
    assert "is not a picture" in misnamed["note"]
    for file in (uploaded(b"<svg/>", "a.svg"), uploaded(b"Text", "a.txt")):
        refused = editor.post(UPLOAD, {"file": file})
        assert refused.status_code == 400
        assert "must be one of" in refused.json()["errors"][0]
    assert editor.post(UPLOAD, {}).status_code == 400
    assert editor.get(UPLOAD).status_code == 405


def test_a_dialog_describes_a_picture_that_lacks_a_description(north: Site, south: Site, editor: Browser) -> None:
    row, foreign, viewer = media_file(north), media_file(south), Browser("north.test")
    (found,) = editor.get(PICTURES).json()["pictures"]
    address = f"{LIST}{row.pk}/describe/"
    Group.objects.create(name="Viewer").permissions.add(Permission.objects.get(codename="view_mediafile"))
    viewer.force_login(person("vera", north, "Viewer"))
    (shown,) = viewer.get(PICTURES).json()["pictures"]
    assert (found["describe"], shown["describe"]) == (address, "")
    assert viewer.post(address, {"alt": "Stolen"}).status_code == 403
    assert editor.post(f"{LIST}{foreign.pk}/describe/", {"alt": "Stolen"}).status_code == 404
    assert editor.get(address).status_code == 405
    for sent, fault in (({"alt": "x" * 301}, "at most 300"), ({"alt": "A", "is_decorative": "on"}, "not decorative")):
        assert fault in " ".join(editor.post(address, sent).json()["errors"])
    for alt in ("A red bridge", "Too late"):  # another person's description stays
        described = editor.post(address, {"alt": alt}).json()["picture"]
        assert (described["alt"], described["describe"]) == ("A red bridge", "")
    assert [found.alt for found in all_files()] == ["A red bridge", ""]
    assert "Changed Alternative text" in text(editor.get(f"{LIST}{row.pk}/history/"))


def test_the_editors_addresses_are_for_members(north: Site, sam: User) -> None:
    for browser in (Browser("north.test"), Browser("north.test")):
        assert browser.get(PICTURES).status_code == 302
        assert browser.post(UPLOAD, {"file": uploaded(picture())}).status_code == 302
        browser.force_login(sam)
    assert all_files() == []


def test_a_popup_gives_back_what_was_uploaded(editor: Browser) -> None:
    response = editor.post(f"{ADD}?_popup=1", {"uploads": uploaded(picture()), "_popup": "1"})
    assert "popup_response" in text(response)
