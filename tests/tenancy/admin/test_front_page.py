"""The front page of the admin: what a person may use, in her words, and what is new on the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, clear_script_prefix, set_script_prefix
from django.utils import timezone

from app.accounts.models import User
from app.extension import SiteAppConfig
from app.menus.models import Menu
from app.pages.models import Page
from app.posts.models import Post
from app.publishing.models import Review, Version
from app.tenancy import site_apps
from app.tenancy.admin.front import groups as groups_of_front
from app.tenancy.admin.front.first_steps import HIDDEN
from app.tenancy.audit.verbs import Verb
from app.tenancy.current import use_site
from app.tenancy.extension_checks import groups
from app.tenancy.models import AuditEntry, PendingHost, SiteProfile
from tests.support.makers import Browser, page, page_form, person
from tests.support.uploads import media_file

PAGES = "/admin/pages/page/"


def browser(username: str, host: str = "north.test") -> Browser:
    found = Browser(host)
    assert found.login(username=username, password=username)
    return found


@pytest.fixture
def editor(nora: User) -> Browser:
    return browser("nora")


@pytest.fixture
def superuser(root: User, north: Site) -> Browser:
    return browser("root")


def front(browser: Browser) -> str:
    return browser.get("/admin/").content.decode()


def set_state(site: Site, state: str) -> None:
    profile = SiteProfile.objects.get(site=site)
    profile.state = state
    profile.save()


def listed(html: str) -> dict[str, list[str]]:
    """Group → its entries, in the order of the page."""
    found = {}
    for title, entries in re.findall(r"<caption>([^<]*)</caption>(.*?)</table>", html, re.DOTALL):
        found[title] = [unescape(name) for name in re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', entries)]
    return found


def panel(html: str, name: str) -> str:
    """Its text, without tags; empty if the page does not have it."""
    found = re.search(rf'<div class="[^"]*" id="{name}".*?</h2>(.*?)\n</div>', html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split()) if found else ""


def test_what_a_person_may_use_is_in_four_groups(superuser: Browser, north: Site) -> None:
    found = listed(front(superuser))
    assert list(found) == ["Content", "People", "This site", "Platform"]
    assert found["Content"][:2] == ["Pages", "Posts"]
    assert {"Authors", "Categories", "Media", "Redirects", "Tags", "Notes"} <= set(found["Content"])
    assert found["People"] == ["Invitations", "Members", "Roles", "Users"]
    assert found["This site"][0] == "Settings of this site"
    assert {"Activity", "Feeds"} <= set(found["This site"])
    assert {"Sites", "Status", "Activity of the platform"} <= set(found["Platform"])
    person("ada", north, "Author")
    person("boss", north, "Site admin")
    assert list(listed(front(browser("ada")))) == ["Content", "This site"]
    assert list(listed(front(browser("boss")))) == ["Content", "People", "This site"]
    side = superuser.get(PAGES).content.decode()
    assert list(listed(side)) == list(found)
    assert 'aria-current="page">Pages</a>' in side


def test_an_app_names_its_group(superuser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    config = apps.get_app_config("posts")
    assert isinstance(config, SiteAppConfig)
    monkeypatch.setattr(config, "admin_group", "people")
    assert "Posts" in listed(front(superuser))["People"]
    monkeypatch.setattr(config, "admin_group", "blog")
    (error,) = groups()
    assert error.id == "extension.E003"
    assert "'blog' must be one of 'content'" in error.msg
    monkeypatch.undo()
    monkeypatch.setattr(type(admin.site._registry[Post]), "admin_group", "contents", raising=False)
    (error,) = groups()
    assert (error.id, error.obj) == ("extension.E003", "posts.PostAdmin")


def failing_pages(request: Any) -> list[tuple[str, str]]:
    return [("Reports", request.user.reports)]


def test_addresses_are_those_below_the_prefix_of_the_request(superuser: Browser) -> None:
    pages = {}
    try:
        for prefix in ("/", "/below/"):
            set_script_prefix(prefix)
            pages[prefix] = front(superuser)
    finally:
        clear_script_prefix()
    for prefix, text in pages.items():
        linked = set(re.findall(r'href="([^"]*/pages/page/(?:add/)?)"', text))
        assert linked == {f"{prefix}admin/pages/page/", f"{prefix}admin/pages/page/add/"}


def test_an_app_may_leave_out_rights_and_pages(superuser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin.site._registry[Post], "get_model_perms", lambda request: {"view": True})
    assert "Posts" in listed(front(superuser))["Content"]
    monkeypatch.setattr(groups_of_front, "address_of", partial(without_posts, groups_of_front.address_of))
    text = front(superuser)
    assert "Posts" not in listed(text)["Content"]
    assert '<th scope="row">Posts</th>' in text, "without a link"


def without_posts(address_of: Callable[[str], str], view: str) -> str:
    if view.startswith("admin:posts_post_"):
        raise NoReverseMatch
    return address_of(view)


def test_the_fault_of_the_pages_of_an_app_leaves_the_rest(
    superuser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(apps.get_app_config("posts"), "admin_pages", (f"{__name__}.failing_pages",))
    monkeypatch.setattr(site_apps, "_declared", site_apps._declared.__wrapped__)  # not from before
    assert Browser("north.test").get("/admin/login/").status_code == 200
    assert "failing_pages" not in caplog.text
    found = listed(superuser.get(PAGES).content.decode())
    assert (found["Content"][0], found["This site"][0]) == ("Pages", "Settings of this site")
    assert "test_front_page.failing_pages failed" in caplog.text


def test_drafts_and_what_is_scheduled(editor: Browser, north: Site, south: Site) -> None:
    mine = page(north, title="Mine", slug="mine", status="draft")
    page(north, title="Somebody's", slug="other", status="draft")
    page(south, title="Southern", slug="south", status="draft")
    later = timezone.now() + timedelta(days=2)
    page(north, title="Soon", slug="soon", publish_at=later)
    with use_site(north):
        Post.objects.create(title="A post", status="published", publish_at=later)
    editor.post(f"{PAGES}{mine.pk}/change/", page_form(mine, title="Mine, changed"))
    work = panel(front(editor), "work-panel")
    assert "2 drafts (pages), yours (pages) : Mine, changed" in work
    assert work.count("1 is scheduled") == 2
    assert "Soon" in work
    assert "A post" in work
    assert "Somebody's" not in work
    assert "Southern" not in work
    for value, shown in (
        ("mine", ["Mine, changed"]),
        ("drafts", ["Mine, changed", "Somebody's"]),
        ("scheduled", ["Soon"]),
    ):
        html = unescape(editor.get(PAGES, {"work": value}).content.decode())
        assert [title for title in ("Mine, changed", "Somebody's", "Soon") if f"<span>{title}</span>" in html] == shown


def test_recent_changes_are_those_of_everybody_on_this_site(
    editor: Browser, superuser: Browser, north: Site, south: Site
) -> None:
    kept, gone = page(north, title="Kept", slug="kept"), page(north, title="Gone", slug="gone")
    elsewhere = page(south, title="Southern")
    superuser.post(f"{PAGES}{kept.pk}/change/", page_form(kept))
    superuser.post(f"{PAGES}{gone.pk}/delete/", {"post": "yes"})
    superuser.post("/admin/twitter/feed/add/", {"kind": "user", "value": "nasa"})
    editor.post(f"{PAGES}{kept.pk}/change/", page_form(kept, title="Kept 2"))
    browser("root", "south.test").post(f"{PAGES}{elsewhere.pk}/change/", page_form(elsewhere))
    html = front(editor)
    changes = panel(html, "recent-changes")
    assert "Kept 2 Page · Changed · nora ·" in changes
    assert "Kept Page · Changed · root ·" in changes
    assert "Gone Page · Deleted · root ·" in changes
    assert "nasa" in changes
    assert "Southern" not in changes
    assert f'<a href="{PAGES}{kept.pk}/change/">Kept 2</a>' in html
    assert f"{gone.pk}/change/" not in html
    assert "All changes" in panel(front(superuser), "recent-changes")
    reader = Group.objects.create(name="Reader")
    reader.permissions.add(Permission.objects.get(codename="view_page"))
    person("rita", north, "Reader")
    changes = panel(front(browser("rita")), "recent-changes")
    assert "Kept 2" in changes
    assert "nasa" not in changes
    assert "All changes" not in changes


@pytest.mark.parametrize(("state", "words"), [("suspended", "visitors get 503"), ("archived", "visitors get 410")])
def test_a_closed_site_says_what_visitors_see(
    editor: Browser, superuser: Browser, north: Site, state: str, words: str
) -> None:
    assert panel(front(editor), "site-state") == ""
    set_state(north, state)
    shown = panel(front(editor), "site-state")
    assert words in shown
    assert "Those who run this platform can change that" in shown
    html = front(superuser)
    assert f'<a href="/admin/sites/site/{north.pk}/change/">Change the state of the site</a>' in html
    assert f"This site is {state}" in browser("nora").get(PAGES).content.decode()


def test_a_domain_that_is_not_served_yet(superuser: Browser, south: Site) -> None:
    PendingHost.objects.create(host="south.test", site_id=south.pk)
    superuser.post("/admin/switch-site/", {"site_id": south.pk})
    assert "Visitors of south.test get “not found” until" in panel(front(superuser), "site-state")


def test_first_steps_go_when_they_are_done(superuser: Browser, north: Site) -> None:
    steps = panel(front(superuser), "first-steps")
    wanted = ["Add the home page", "Add a menu", "Invite people", "Set name, tagline and logo"]
    assert [step for step in wanted if step in steps] == wanted
    assert [steps.index(step) for step in wanted] == sorted(steps.index(step) for step in wanted)
    page(north, slug="")
    with use_site(north):
        Menu.objects.create(name="Header")
    profile = SiteProfile.objects.get(site=north)
    profile.settings |= {"tagline": "Under big trees"}
    profile.save()
    person("nora", north)
    assert "first-steps" not in front(superuser)


def test_first_steps_can_be_hidden(editor: Browser, north: Site) -> None:
    assert "Add the home page" in panel(front(editor), "first-steps")
    assert editor.get("/admin/hide-first-steps/").status_code == 405
    for _ in range(2):  # a double click
        assert editor.post("/admin/hide-first-steps/").status_code == 302
    assert editor.session[HIDDEN] == [north.pk]
    assert panel(front(editor), "first-steps") == ""


def test_first_steps_are_hidden_on_the_site_of_the_form(superuser: Browser, north: Site, south: Site) -> None:
    form = front(superuser).partition('action="/admin/hide-first-steps/"')[2].partition("</form>")[0]
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    superuser.post("/admin/switch-site/", {"site_id": south.pk})  # in another tab
    assert superuser.post("/admin/hide-first-steps/", values).status_code == 409
    assert "Add the home page" in panel(front(superuser), "first-steps")


def test_storage_is_that_of_the_site(editor: Browser, north: Site, south: Site) -> None:
    assert media_file(north).size > 0
    assert "used, 1 file" in panel(front(editor), "storage-panel")
    person("sue", south)
    assert "0 bytes used, 0 files" in unescape(panel(front(browser("sue", "south.test")), "storage-panel")).replace(
        "\xa0", " "
    )


def test_the_platform_is_for_superusers(editor: Browser, superuser: Browser, north: Site, south: Site) -> None:
    set_state(south, "suspended")
    shown = panel(front(superuser), "platform-panel")
    assert "1 suspended" in shown
    assert "Status of the platform" in shown
    assert panel(front(editor), "platform-panel") == ""


def test_no_review_and_no_draft_is_hidden_by_many_others(editor: Browser, nora: User, north: Site) -> None:
    old, new = (page(north, title=title, slug=title.lower(), status="draft") for title in ("Old", "New"))
    with use_site(north):
        number = 600
        Post.objects.bulk_create(
            Post(site_id=north.pk, title=f"B{i}", slug=f"b{i}", status="draft") for i in range(number)
        )
        keys = [*Post.objects.order_by("pk").values_list("pk", flat=True)]
        Review.objects.bulk_create(
            Review(site_id=north.pk, label="posts.post", key=key, asked_by="ada") for key in [*keys, 0]
        )
        Review.objects.create(label="pages.page", key=new.pk, asked_by="ada")
        gone = Review.objects.create(label="pages.page", key=old.pk, asked_by="ada", returned_by="eve")
        Review.objects.filter(pk=gone.pk).update(returned_at=timezone.now(), asked_by_id=nora.pk + 1)
        Version.objects.all().delete()
        saved = [("pages.page", old.pk), *[("pages.page", new.pk)] * 50, *[("posts.post", key) for key in keys]]
        Version.objects.bulk_create(
            Version(site_id=north.pk, label=label, key=key, number=1, change="added", person_id=nora.pk)
            for label, key in saved
        )
    work = panel(front(editor), "work-panel")
    assert f"{number} drafts are ready for review (posts)" in work
    assert "1 draft is ready for review (pages) New ada" in work
    assert "given back" not in work
    assert "2 drafts (pages), yours (pages) : New Old" in work
    last = " ".join(f"B{i}" for i in range(number - 1, number - 6, -1))
    assert f"{number} drafts (posts), yours (posts) : {last}" in work
    assert f"{number} posts" in editor.get("/admin/posts/post/", {"work": "mine"}).content.decode()
    assert f"{number} posts" in editor.get("/admin/posts/post/", {"review": "waiting"}).content.decode()


@pytest.fixture
def many_rows(north: Site, nora: User) -> Callable[[int], None]:
    def make(number: int) -> None:
        later = timezone.now() + timedelta(days=1)
        with use_site(north):
            when: tuple[dict[str, Any], ...] = ({"status": "draft"}, {"status": "published", "publish_at": later})
            Page.objects.bulk_create(
                Page(
                    site_id=north.pk,
                    title=f"P{i}",
                    slug=f"p{number}-{i}",
                    path=f"/p{number}-{i}/",
                    kind="pages.page",
                    **when[i % 2],
                )
                for i in range(number)
            )
            Post.objects.bulk_create(
                Post(site_id=north.pk, title=f"B{i}", slug=f"b{number}-{i}", **when[i % 2]) for i in range(number)
            )
            rows = [("pages.page", row.pk) for row in Page.objects.all()] + [
                ("posts.post", row.pk) for row in Post.objects.all()
            ]
            for model in (Version, Review):
                model.objects.all().delete()
            Version.objects.bulk_create(
                Version(site_id=north.pk, label=label, key=key, number=1, change="added", person_id=nora.pk)
                for label, key in rows
            )
            Review.objects.bulk_create(
                Review(site_id=north.pk, label=label, key=key, asked_by="ada") for label, key in rows
            )
            AuditEntry.objects.bulk_create(
                AuditEntry(
                    site_id=north.pk, verb=Verb.CHANGED, target_type="pages.page", target_id=str(i), actor="nora"
                )
                for i in range(number)
            )

    return make


def test_the_number_of_queries_is_the_same_for_any_number_of_rows(
    editor: Browser, many_rows: Callable[[int], None], north: Site
) -> None:
    editor.get("/admin/")
    found = []
    for number in (4, 60):
        many_rows(number)
        with CaptureQueriesContext(connection) as queries:
            assert editor.get("/admin/").status_code == 200
        found.append(len(queries))
        assert [query["sql"] for query in queries if '"body"' in query["sql"]] == []
    # Outside of the transaction of a test, four of them are made after a change only.
    assert found[0] == found[1] == 17
