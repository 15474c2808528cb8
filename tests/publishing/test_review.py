"""A draft waits for a review: ada asks for it (Author), nora publishes it or gives it back (Editor). Through HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.pages.models import Page
from app.publishing.models import Review, Version
from app.publishing.review.requests import ask
from app.tenancy.current import use_site
from app.tenancy.models import AuditEntry
from app.testing.forms import submitted
from tests.support.makers import Browser, page, page_form, person
from tests.third_party.models import Bulletin

PAGES = "/admin/pages/page/"


def signed_in(user: User, host: str = "north.test") -> Browser:
    browser = Browser(host)
    browser.force_login(user)
    return browser


@pytest.fixture
def author(north: Site) -> Browser:
    return signed_in(person("ada", north, "Author"))


@pytest.fixture
def editor(nora: User) -> Browser:
    return signed_in(nora)


def draft(site: Site, **values: Any) -> Page:
    return page(site, status="draft", **values)


def change(row: Any) -> str:
    return f"{PAGES}{row.pk}/change/"


def asked(author: Browser, row: Page, note: str = "Is this right?") -> None:
    sent = {**page_form(row), "_ask_review": "1", "_review_note": note}
    assert author.post(change(row), sent).status_code == 302


def review() -> Review:
    return Review.all_sites.get()


def test_an_author_asks_and_an_editor_sees_it_and_publishes(author: Browser, editor: Browser, north: Site) -> None:
    row = draft(north, title="News")
    assert 'class="review"' not in editor.get("/admin/").content.decode()
    assert b"Save and ask for a review" in author.get(change(row)).content
    asked(author, row)
    assert (review().asked_by, review().asked_note, review().is_waiting) == ("ada", "Is this right?", True)
    overview = editor.get("/admin/").content.decode()
    assert "1 draft is ready for review" in overview
    assert f'<a href="{change(row)}">News</a>' in overview
    assert 'class="review"' not in author.get("/admin/").content.decode()
    draft(north, title="Other", slug="other")
    listed = editor.get(f"{PAGES}?review=waiting").content.decode()
    assert "Ready for review (ada)" in listed
    assert "Other" not in listed
    form = editor.get(change(row)).content.decode()
    assert "Review requested by ada" in form
    assert "Is this right?" in form
    assert editor.post(change(row), page_form(row, status="published")).status_code == 302
    assert not Review.all_sites.exists()
    assert "_ask_review" not in editor.get(change(row)).content.decode()


def test_an_editor_gives_it_back_with_a_note(author: Browser, editor: Browser, north: Site) -> None:
    row = draft(north)
    asked(author, row)
    sent = {**page_form(row), "_give_back": "1", "_review_note": "The <b>date</b> is wrong."}
    assert editor.post(change(row), sent).status_code == 302
    assert not review().is_waiting
    form = author.get(change(row)).content.decode()
    assert "Given back by nora" in form
    assert "The &lt;b&gt;date&lt;/b&gt; is wrong." in form
    assert "1 draft was given back to you" in author.get("/admin/").content.decode()
    assert 'class="review"' not in editor.get("/admin/").content.decode()
    assert "Given back (nora)" in editor.get(f"{PAGES}?review=returned").content.decode()
    asked(author, row, note="")
    assert (review().is_waiting, review().returned_note) == (True, "")


def test_people_are_named_by_their_full_names(author: Browser, editor: Browser, nora: User, north: Site) -> None:
    User.objects.filter(username="ada").update(first_name="Ada", last_name="Fox")
    User.objects.filter(pk=nora.pk).update(first_name="N" * 150, last_name="Lind")
    row = draft(north, title="One")
    opened = submitted(editor.get(change(row)).content.decode(), "page_form", title="Mine")
    asked(author, row)
    assert author.post(change(row), page_form(row, title="Two")).status_code == 302
    assert "Review requested by Ada Fox" in editor.get(change(row)).content.decode()
    assert "Ready for review (Ada Fox)" in editor.get(PAGES).content.decode()
    assert "<td>Ada Fox</td>" in editor.get(f"{PAGES}{row.pk}/history/").content.decode()
    assert "Ada Fox saved a newer version at" in editor.post(change(row), opened).content.decode()
    assert editor.post(change(row), {**page_form(row), "_give_back": "1"}).status_code == 302
    assert review().returned_by == "N" * 150
    assert set(AuditEntry.all_sites.filter(verb="changed").values_list("actor", flat=True)) == {"ada", "nora"}


def test_a_draft_that_waits_can_be_changed_and_the_request_ended(author: Browser, north: Site) -> None:
    row = draft(north)
    asked(author, row)
    assert author.post(change(row), page_form(row, title="Better")).status_code == 302
    assert review().is_waiting
    assert author.post(change(row), {**page_form(row), "_take_back_review": "1"}).status_code == 302
    assert not Review.all_sites.exists()


def test_a_new_draft_is_ready_with_its_first_save(author: Browser, north: Site) -> None:
    sent = {**page_form(title="New", slug="new"), "_ask_review": "1"}
    assert author.post(f"{PAGES}add/", sent).status_code == 302
    assert review().key == str(Page.all_sites.get(slug="new").pk)


def test_an_author_gives_nothing_back(author: Browser, north: Site) -> None:
    row = draft(north)
    asked(author, row)
    assert author.post(change(row), {**page_form(row), "_give_back": "1"}).status_code == 403
    assert review().is_waiting


def test_every_way_of_publishing_ends_the_request(author: Browser, editor: Browser, north: Site) -> None:
    row = draft(north)
    asked(author, row)
    editor.post(PAGES, {"action": "publish", "_selected_action": [row.pk]})
    assert not Review.all_sites.exists()
    with use_site(north):
        bulletin = Bulletin.objects.create(text="a")
        ask(bulletin, "")
        assert "Ready for review" in editor.get("/admin/third_party/bulletin/?review=waiting").content.decode()
        bulletin.status = "published"
        bulletin.save()
    assert not Review.all_sites.exists()


def test_another_site_sees_nothing_of_it(author: Browser, sam: User, north: Site, south: Site) -> None:
    row = draft(north, title="Ours")
    asked(author, row)
    southern = signed_in(sam, "south.test")
    same_key = draft(south, title="Theirs")
    with use_site(south):
        Review.objects.create(label="pages.page", key=str(row.pk), asked_by="sue")
    for address in ("/admin/", PAGES, f"{PAGES}?review=waiting", change(same_key)):
        shown = southern.get(address).content.decode()
        assert "ada" not in shown
        assert "Ours" not in shown
    assert southern.post(change(row), {**page_form(row), "_give_back": "1"}).status_code == 404


@pytest.mark.parametrize("note", ["x" * 5000, "a\0b"])
def test_a_long_or_strange_note_is_stored_in_part(note: str, author: Browser, north: Site) -> None:
    asked(author, draft(north), note)
    assert review().asked_note == note.replace("\0", "")[:1000]


def test_the_name_of_a_deleted_account_is_kept_nowhere(
    author: Browser, editor: Browser, nora: User, north: Site
) -> None:
    row = draft(north, title="News")
    asked(author, row)
    assert editor.post(change(row), {**page_form(row, title="Newer"), "_give_back": "1"}).status_code == 302
    ada = User.objects.get(username="ada")
    gone = [f"deleted:{account.pk}" for account in (ada, nora)]
    for account in (ada, nora):
        account.delete()
    found = review()
    assert [found.asked_by, found.returned_by] == gone
    with use_site(north):
        assert {version.person for version in Version.objects.all()} == {"", gone[1]}
