"""Publishing is a permission of its own: ada writes drafts (Author), nora publishes (Editor). Through HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from app.accounts.models import User
from app.pages.models import Page
from app.posts.models import Category, Post
from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.current import use_site
from app.tenancy.models import Membership
from app.testing.forms import submitted
from tests.support.makers import Browser, page, page_form, person
from tests.support.posts import post
from tests.third_party.models import Bulletin, EventsPage

PAGES = "/admin/pages/page/"
BULLETINS = "/admin/third_party/bulletin/"


@pytest.fixture
def ada(north: Site) -> User:
    return person("ada", north, "Author")


@pytest.fixture
def author(ada: User) -> Browser:
    return signed_in("ada")


@pytest.fixture
def editor(nora: User) -> Browser:
    return signed_in("nora")


def signed_in(username: str) -> Browser:
    browser = Browser("north.test")
    assert browser.login(username=username, password=username)
    return browser


def change(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def stored(row: Any) -> Mapping[str, Any]:
    values: Mapping[str, Any] = type(row).all_sites.values().get(pk=row.pk)
    return values


def draft(site: Site, **values: Any) -> Page:
    return page(site, status="draft", **values)


def may_publish(role: str, model: str) -> bool:
    return Permission.objects.filter(group__name=role, codename=f"publish_{model}").exists()


def test_an_author_writes_drafts_and_an_editor_publishes_them(author: Browser, editor: Browser, north: Site) -> None:
    form = author.get(f"{PAGES}add/").content.decode()
    for name in ("status", "publish_at_0", "expire_at_0"):
        assert f'name="{name}"' not in form
    forged = page_form(title="News", slug="news", publish_at_0="2020-01-01", publish_at_1="00:00:00")
    assert author.post(f"{PAGES}add/", {**forged, "status": "published"}).status_code == 302
    made = Page.all_sites.get(slug="news")
    assert (made.status, made.publish_at) == ("draft", None)
    assert author.post(change(made), {**forged, "title": "More news", "status": "published"}).status_code == 302
    made = Page.all_sites.get(slug="news")
    assert (made.title, made.status, made.publish_at) == ("More news", "draft", None)
    assert Browser("north.test").get("/news/").status_code == 404
    assert editor.post(change(made), page_form(made, status="published")).status_code == 302
    assert Browser("north.test").get("/news/").status_code == 200


def test_what_is_published_is_read_only_for_an_author(author: Browser, editor: Browser, north: Site) -> None:
    published = page(north, body="<p>So <strong>it</strong> is.</p>")
    shown = author.get(change(published))
    assert "<p>So <strong>it</strong> is.</p>" in shown.content.decode()
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    before = stored(published)
    assert author.post(change(published), page_form(published, title="Changed")).status_code == 403
    assert author.post(f"{PAGES}{published.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [published.pk], "post": "yes"}
    author.post(PAGES, chosen)
    assert stored(published) == before
    assert editor.post(f"{PAGES}{published.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("when", ["publish_at", "expire_at"])
def test_scheduled_and_expired_pages_are_published(when: str, author: Browser, north: Site) -> None:
    moment = "2999-01-01T00:00Z" if when == "publish_at" else "2001-01-01T00:00Z"
    scheduled = page(north, **{when: moment})
    assert author.post(change(scheduled), page_form(scheduled, title="Changed")).status_code == 403


def test_a_page_that_was_published_meanwhile_is_not_changed(author: Browser, editor: Browser, north: Site) -> None:
    row = draft(north)
    opened = submitted(author.get(change(row)).content.decode(), "page_form", title="Too late")
    editor.post(PAGES, {"action": "publish", "_selected_action": [row.pk]})
    assert author.post(change(row), opened).status_code == 403
    assert (stored(row)["title"], stored(row)["status"]) == ("T", "published")


def test_who_may_delete_drafts_only_deletes_no_published_row_with_them(north: Site) -> None:
    role = Group.objects.create(name="Cleaner")
    role.permissions.set(Permission.objects.filter(codename__in=("view_bulletin", "delete_bulletin")))
    person("cleo", north, "Cleaner")
    browser = signed_in("cleo")
    with use_site(north):
        one, other = Bulletin.objects.create(text="a"), Bulletin.objects.create(text="b", status="published")
    chosen = {"action": "delete_selected", "_selected_action": [one.pk, other.pk], "post": "yes"}
    assert browser.post(BULLETINS, chosen).status_code == 403
    assert browser.post(f"{BULLETINS}{other.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Bulletin.all_sites.count() == 2
    assert browser.post(BULLETINS, {**chosen, "_selected_action": [one.pk]}).status_code == 302
    assert Bulletin.all_sites.get() == other


@pytest.mark.parametrize(("action", "before"), [("publish", "draft"), ("withdraw", "published")])
def test_actions(action: str, before: str, author: Browser, editor: Browser, north: Site) -> None:
    row = page(north, status=before)
    sent = {"action": action, "_selected_action": [row.pk]}
    assert f'value="{action}"' not in author.get(PAGES).content.decode()
    author.post(PAGES, sent)
    assert stored(row)["status"] == before
    assert f'value="{action}"' in editor.get(PAGES).content.decode()
    editor.post(PAGES, sent)
    assert stored(row)["status"] != before


def test_actions_say_what_they_did(editor: Browser, north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    live, wrong = page(north, title="Live"), draft(north, title="Wrong", slug="wrong")
    late = draft(north, title="Late", slug="late", expire_at=timezone.now() - timedelta(days=1))
    with use_site(north):
        bulletin = Bulletin.objects.create(text="Short")
        events = page(north, EventsPage, title="Events", slug="events", status="draft")
    save = Page.save

    def refusing(row: Page, **values: Any) -> None:
        if row.pk == wrong.pk:
            raise ValidationError({"slug": "Not this slug."})
        save(row, **values)

    monkeypatch.setattr(Page, "save", refusing)
    assert said(editor, PAGES, "publish", live, late, wrong, events) == [
        ("success", "1 page was published."),
        ("warning", "Visitors do not see these now, because of their times: “Late”"),
        ("info", "Skipped, published before: “Live”"),
        ("error", "Skipped: “Wrong”. Not this slug."),
        ("success", "1 list of events was published."),
    ]
    assert stored(wrong)["status"] == "draft"
    assert said(editor, PAGES, "withdraw", live, late)[0] == ("success", "2 pages were turned into drafts.")
    assert said(editor, BULLETINS, "withdraw", bulletin) == [("info", "Skipped, a draft before: “Short”")]


def test_an_action_takes_nothing_back_that_was_saved_meanwhile(
    editor: Browser, north: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves the second row after the action has read its list, and deletes the third."""
    posts = [post(north, status="draft", slug=slug, title=slug.title()) for slug in ("c", "b", "a")][::-1]  # as listed
    pages = [draft(north, slug=slug, title=slug.title()) for slug in ("a", "b", "c")]
    later = timezone.now() + timedelta(days=9)

    def saved(model: Any, rows: Any, values: Mapping[str, Any]) -> None:
        """Those values of the second row, as soon as the action saves the first one."""
        save = model.save

        def first(row: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(model, "save", save)
            other = model.objects.get(slug="b")
            for name, value in values.items():
                setattr(other, name, value)
            other.save()
            model.objects.get(pk=rows[2].pk).delete()
            row.save(**kwargs)

        monkeypatch.setattr(model, "save", first)

    saved(Page, pages, {"slug": "beta"})
    assert said(editor, PAGES, "publish", *pages) == [
        ("success", "2 pages were published."),
        ("error", "Skipped: “C”. Somebody has deleted it meanwhile."),
    ]
    row = stored(pages[1])
    assert (row["slug"], row["path"], row["status"]) == ("beta", "/beta/", "published")

    saved(Post, posts, {"slug": "beta", "publish_at": later, "body": "<p>New words</p>"})
    told = said(editor, "/admin/posts/post/", "publish", *posts)
    assert ("warning", "Visitors do not see these now, because of their times: “B”") in told
    row = stored(posts[1])
    assert (row["slug"], row["publish_at"], row["excerpt"]) == ("beta", later, "New words")


def test_a_save_of_some_fields_takes_nothing_back(north: Site) -> None:
    """Of an instance that was read before somebody else saved the row."""
    later = timezone.now() + timedelta(days=9)
    above, old_page = page(north, slug="above"), draft(north, slug="alpha")
    old_post = post(north, slug="alpha", status="draft", body="<p>Old words</p>")
    with use_site(north):
        category = Category.objects.create(name="Alpha")
        for model, old, values in (
            (Page, old_page, {"slug": "beta", "parent": above}),
            (Post, old_post, {"slug": "beta", "publish_at": later, "body": "<p>New words</p>"}),
            (Category, category, {"slug": "beta"}),
        ):
            new = model.objects.get(pk=old.pk)
            for name, value in values.items():
                setattr(new, name, value)
            new.save()
        for old in (old_page, old_post):
            old.status = "published"
            old.save(update_fields={"status"})
        category.description = "New"
        category.save(update_fields=["description"])
        moved = Page.objects.get(pk=old_page.pk)
        moved.own_path = "/own/"
        moved.save()
        old_page.position = 7
        old_page.save(update_fields=["position"])
    row = stored(old_page)
    assert (row["slug"], row["path"], row["parent_id"]) == ("beta", "/own/", above.pk)
    assert (row["status"], row["position"]) == ("published", 7)
    row = stored(old_post)
    assert (row["slug"], row["publish_at"], row["excerpt"]) == ("beta", later, "New words")
    assert (row["status"], row["body"]) == ("published", "<p>New words</p>")
    assert (stored(category)["slug"], stored(category)["description"]) == ("beta", "New")


def said(browser: Browser, path: str, action: str, *rows: Any) -> list[tuple[str, str]]:
    """The messages after an action."""
    sent = {"action": action, "_selected_action": [row.pk for row in rows]}
    return [(m.level_tag, str(m)) for m in browser.post(path, sent, follow=True).context["messages"]]


@pytest.mark.parametrize("status", ["published", "draft"])
def test_a_save_says_that_a_row_has_expired(status: str, editor: Browser, north: Site) -> None:
    row, past = page(north, title="News"), {"expire_at_0": "2020-01-01", "expire_at_1": "00:00:00"}
    sent = page_form(row, status=status, **past)
    shown = editor.post(change(row), sent, follow=True).content.decode()
    assert ("“News” has expired: visitors do not see it." in shown) is (status == "published")


def test_an_author_edits_no_row_in_the_list(author: Browser, editor: Browser, north: Site) -> None:
    with use_site(north):
        rows = [Bulletin.objects.create(text="a"), Bulletin.objects.create(text="b", status="published")]
    for browser, expected in ((author, ["draft", "published"]), (editor, ["published", "draft"])):
        listed = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
        for number, (row, status) in enumerate(zip(reversed(rows), ("draft", "published"), strict=True)):
            listed |= {f"form-{number}-id": row.pk, f"form-{number}-status": status}
        browser.post(BULLETINS, listed)
        assert [stored(row)["status"] for row in rows] == expected
    assert 'name="form-0-status"' not in author.get(BULLETINS).content.decode()
    published = page(north, position=1)
    position = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": published.pk, "form-0-position": 5}
    author.post(PAGES, {**position, "_save": "Save"})
    assert stored(published)["position"] == 1


def test_a_copy_of_a_draft_is_a_draft(author: Browser, editor: Browser, north: Site) -> None:
    with use_site(north):
        row = Bulletin.objects.create(text="original")
    sent = {"text": "copy", "status": "published", "publish_at_0": "", "publish_at_1": "", "_saveasnew": "1"}
    assert author.post(change(row), sent).status_code == 302
    assert list(Bulletin.all_sites.values_list("text", "status")) == [("original", "draft"), ("copy", "draft")]
    editor.post(change(row), {**sent, "expire_at_0": "", "expire_at_1": ""})
    assert Bulletin.all_sites.filter(status="published").count() == 1


def test_a_draft_does_not_move_the_published_pages_below_it(author: Browser, editor: Browser, north: Site) -> None:
    above = draft(north, slug="above")
    below = page(north, slug="below", parent=above)
    assert author.post(change(above), page_form(above, slug="elsewhere", title="New")).status_code == 302
    assert stored(above)["title"] == "New"
    assert stored(below)["path"] == "/above/below/"
    assert editor.post(change(above), page_form(above, slug="elsewhere")).status_code == 302
    assert stored(below)["path"] == "/elsewhere/below/"


def test_the_right_holds_on_one_site(editor: Browser, nora: User, north: Site, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Group.objects.get(name="Author"))
    row = draft(south)
    editor.post("/admin/switch-site/", {"site_id": south.pk})
    editor.post(PAGES, {"action": "publish", "_selected_action": [row.pk]})
    editor.post(change(row), page_form(row, status="published"))
    assert stored(row)["status"] == "draft"


def test_a_form_of_its_own_publishes_nothing(author: Browser, north: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin class that offers the fields again, by mistake."""
    monkeypatch.setattr(type(admin.site._registry[Bulletin]), "get_readonly_fields", lambda *_: ())
    empty = dict.fromkeys(("publish_at_0", "publish_at_1", "expire_at_0", "expire_at_1"), "")
    assert author.post(f"{BULLETINS}add/", {"text": "x", "status": "published", **empty}).status_code == 403
    assert not Bulletin.all_sites.exists()


def test_a_model_of_another_app_has_the_permission_without_a_line(db: None) -> None:
    for model in ("page", "bulletin"):
        assert Permission.objects.get(codename=f"publish_{model}").name == f"Can publish {model}"
        granted = {role.name for role in Group.objects.all() if may_publish(role.name, model)}
        assert granted == {"Editor", "Site admin"}


@pytest.mark.django_db(transaction=True)
def test_an_installation_from_before_keeps_its_publishers() -> None:
    Permission.objects.filter(codename="publish_page").delete()
    writer, reader = Group.objects.create(name="Writer"), Group.objects.create(name="Reader")
    writer.permissions.add(*Permission.objects.filter(codename__in=("view_page", "change_page")))
    reader.permissions.add(Permission.objects.get(codename="view_page"))
    call_command("migrate", verbosity=0)
    roles = ("Author", "Editor", "Site admin", "Writer", "Reader")
    assert [may_publish(name, "page") for name in roles] == [False, True, True, True, False]
    # What an operator changes afterwards stays.
    permission = Permission.objects.get(codename="publish_page")
    writer.permissions.remove(permission)
    Group.objects.get(name="Author").permissions.add(permission)
    call_command("migrate", verbosity=0)
    assert [may_publish(name, "page") for name in roles] == [True, True, True, False, False]


def test_an_admin_class_that_asks_for_no_right_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> list[object]:
        return [message.obj for message in run_checks() if message.id == "publishing.E001"]

    assert found() == []
    plain = type("Plain", (SiteRelatedAdmin,), {})
    registry: Any = admin.site._registry
    monkeypatch.setitem(registry, Bulletin, plain(Bulletin, admin.site))
    assert found() == [Bulletin]
    monkeypatch.undo()
    inline = type("Inline", (admin.TabularInline,), {"model": Bulletin})
    monkeypatch.setattr(admin.site._registry[Page], "inlines", (inline,))
    assert found() == [Bulletin]
