"""The list, the form, and CSV files."""

from __future__ import annotations

import re

import pytest
from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.redirects import csv_file
from app.redirects.models import Redirect
from app.tenancy.audit.models import AuditEntry
from app.tenancy.current import use_site
from tests.support.makers import Browser, page, person

LIST = "/admin/site_redirects/redirect/"


@pytest.fixture
def editor(nora: User, at_north: Browser) -> Browser:
    at_north.login(username="nora", password="nora")
    return at_north


def stored(site: Site) -> dict[str, tuple[str, bool]]:
    with use_site(site):
        return {row.old_path: (row.new, row.is_permanent) for row in Redirect.objects.all()}


def add(editor: Browser, old: str, new: str) -> str:
    """What the form says, as text."""
    values = {"old_path": old, "new": new, "is_permanent": "on"}
    response = editor.post(f"{LIST}add/", values, follow=True)
    return re.sub(r"<[^>]+>", "", response.content.decode())


def upload(editor: Browser, content: str | bytes) -> str:
    file = SimpleUploadedFile("redirects.csv", content.encode() if isinstance(content, str) else content)
    text = editor.post(f"{LIST}import/", {"file": file}, follow=True).content.decode()
    return re.sub(r"<[^>]+>", "", text)


def test_an_editor_adds_a_redirect(editor: Browser, north: Site, south: Site) -> None:
    assert "was added successfully" in add(editor, "/old/", "/new/")
    assert stored(north) == {"/old": ("/new/", True)}
    assert stored(south) == {}
    assert "/old" in editor.get(f"{LIST}?q=new").content.decode()
    assert "0 redirects" in editor.get(f"{LIST}?created_automatically__exact=1").content.decode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/old", "/old/", "leads to the old address itself"),
        ("/old", "//evil.example", "begins with one slash"),
        ("/old", "javascript:alert(1)", "begins with https://"),
        ("/old", "example.org", "begins with https://"),
        ("/old", "/a\r\nSet-Cookie: x", "no spaces, backslashes or control characters"),
        ("/taken/", "/new/", "has a redirect already"),
        ("/admin/x", "/new/", "below /admin/ are not redirected"),
        ("/" + "ü" * 601, "/new/", "at most 600 characters"),
        ("/b", "/a", "A loop"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(editor: Browser, north: Site, old: str, new: str, message: str) -> None:
    with use_site(north):
        Redirect.objects.create(old_path="/taken", new="/c/")
        Redirect.objects.create(old_path="/a", new="/a2/")
        Redirect.objects.create(old_path="/a2", new="/b/")
    before = stored(north)
    assert message in add(editor, old, new)
    assert stored(north) == before


def test_the_form_says_what_it_did_with_a_chain_and_with_a_page_in_the_way(editor: Browser, north: Site) -> None:
    add(editor, "/b/", "/c/")
    assert "/b/ is redirected itself, so this leads to /c/ directly." in add(editor, "/a/", "/b/")
    page(north, slug="here")
    assert "The site has something at /here, so this redirect is not used." in add(editor, "/here/", "/there/")


def test_a_redirect_that_a_person_changes_is_no_longer_automatic(editor: Browser, north: Site) -> None:
    with use_site(north):
        made = Redirect.objects.create(old_path="/a", new="/b/", created_automatically=True)
    editor.post(f"{LIST}{made.pk}/change/", {"old_path": "/a", "new": "/b/", "is_permanent": "on"})
    with use_site(north):
        assert Redirect.objects.get().created_automatically
    editor.post(f"{LIST}{made.pk}/change/", {"old_path": "/a", "new": "/c/", "is_permanent": "on"})
    with use_site(north):
        assert not Redirect.objects.get().created_automatically


def test_authors_have_no_redirects(north: Site, at_north: Browser) -> None:
    person("anna", north, role="Author")
    at_north.login(username="anna", password="anna")
    for address in ("", "add/", "import/", "export/"):
        assert at_north.get(f"{LIST}{address}").status_code == 403


def test_a_file_is_imported_as_a_whole(editor: Browser, north: Site, south: Site) -> None:
    with use_site(north):
        Redirect.objects.create(old_path="/known", new="/x/", created_automatically=True)
        Redirect.objects.create(old_path="/same", new="/y/")
        Redirect.objects.create(old_path="/leads", new="/a/")
    text = upload(
        editor,
        "\ufeffold,new,permanent\r\n/a/,/b/\r\n/b/,/c/,no\r\n\r\n/gone,\r\n/known,https://example.org/x\r\n"
        '/same,/y/,yes\r\n"/q?a=1,2",/z/,302\r\n',
    )
    assert "4 redirects were added, 1 changed, 1 are unchanged." in text
    assert stored(north) == {
        "/a": ("/c/", True),
        "/b": ("/c/", False),
        "/gone": ("", True),
        "/known": ("https://example.org/x", True),
        "/leads": ("/c/", True),
        "/same": ("/y/", True),
        "/q?a=1%2C2": ("/z/", False),
    }
    assert stored(south) == {}
    with use_site(north):
        assert AuditEntry.objects.get(verb="redirects_imported").details == {"added": 4, "changed": 1, "unchanged": 1}


def test_a_faulty_file_changes_nothing_and_each_line_is_named(editor: Browser, north: Site) -> None:
    add(editor, "/loop", "/a/")
    before = stored(north)
    text = upload(
        editor,
        "/ok,/fine/\n/a,/loop/\n/evil,//evil.example\n/x\n/ok/,/again/\n/perm,/y/,maybe\n,/y/\n/self,/self/\n/w,/y/,no,?\n",
    )
    assert "Nothing was imported" in text
    for message in (
        "Line 2: A loop",
        "Line 3: A path begins with one slash",
        "Line 4: two values are needed",
        "Line 5: duplicate of line 1",
        "Line 6: “permanent” must be one of yes, no",
        "Line 7: the old address is missing",
        "Line 8: This leads to the old address itself",
        "Line 9: there are more values than columns",
    ):
        assert message in text
    assert stored(north) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("/ü,/x/\n".encode("utf-16"), "not in UTF-8"),
        (b"/a,/x/\n" * 20_001, "more than 20000 lines"),
        (b"/a," + b"x" * 200_000, "field larger than field limit"),
        (b"x" * (5 * 2**20 + 1), "larger than 5 MB"),
        ("\n".join(f"/{n},//x" for n in range(60)).encode(), "10 more lines are not valid"),
        (b"", "empty"),
    ],
)
def test_files_that_are_none(editor: Browser, north: Site, content: bytes, message: str) -> None:
    assert message in upload(editor, content)
    assert stored(north) == {}


def test_a_file_with_semicolons_as_a_spreadsheet_writes_it(editor: Browser, north: Site) -> None:
    upload(editor, "old;new;permanent\n/a;/b/;no\n")
    assert stored(north) == {"/a": ("/b/", False)}


def test_what_is_exported_can_be_imported(editor: Browser, north: Site, south: Site) -> None:
    add(editor, "/a/", "/b/")
    add(editor, "/ü?x=1,2", "https://example.org/?a=1,2")
    with use_site(south):
        Redirect.objects.create(old_path="/theirs", new="/x/")
    response = editor.get(f"{LIST}export/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="redirects.csv"'
    assert response.content.decode().splitlines()[:2] == [
        "old,new,permanent,automatic,hits,last_hit",
        "/a,/b/,yes,no,0,",
    ]
    before = stored(north)
    assert "0 redirects were added, 0 changed, 2 are unchanged." in upload(editor, response.content)
    assert stored(north) == before


def test_a_large_file_costs_statements_by_the_hundred(editor: Browser, north: Site) -> None:
    editor.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        upload(editor, "".join(f"/old{n},/new{n}/\n" for n in range(1000)))
    assert len(stored(north)) == 1000
    assert len(queries) <= 80


def test_a_file_that_is_one_long_chain_costs_no_query_a_link(editor: Browser, north: Site) -> None:
    editor.get(LIST)
    page(north, slug="new500")
    with CaptureQueriesContext(connection) as queries:
        upload(editor, "".join(f"/new{n},/new{n + 1}\n" for n in range(1000)))
    assert len(queries) <= 80
    # A redirect leads some links ahead, but not past an address at which visitors find a page.
    assert [stored(north)[old][0] for old in ("/new0", "/new495")] == ["/new11", "/new500"]


def test_a_fault_in_the_middle_of_an_import_leaves_nothing(north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with use_site(north):
        Redirect.objects.create(old_path="/known", new="/x/")

    def fail(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("app.redirects.csv_file.Redirect.objects.bulk_update", fail)
    with use_site(north), pytest.raises(DatabaseError):
        csv_file.load(b"/new,/a/\n/known,/b/\n")
    assert stored(north) == {"/known": ("/x/", True)}
