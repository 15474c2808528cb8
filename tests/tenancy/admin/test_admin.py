"""The admin through HTTP: nora edits north; nothing of south is there for her, not even a different answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.urls import reverse

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.admin.admin_site import OPENED_UNDER
from app.tenancy.current import use_site
from app.tenancy.models import Alias, AuditEntry, Membership, SiteRelated
from tests.support.makers import Browser, make_row, person
from tests.third_party.models import Label, Note

REGISTERED = sorted((m for m in admin.site._registry if issubclass(m, SiteRelated)), key=lambda m: m._meta.label)
READ_ONLY = {AuditEntry}
WRITABLE = [model for model in REGISTERED if model not in READ_ONLY]
every_writable_model = pytest.mark.parametrize("model", WRITABLE, ids=lambda model: model._meta.label)
every_registered_model = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)


@pytest.fixture
def boss(north: Site) -> Browser:
    """A site administrator of north: every right that a role can give there."""
    person("boss", north, "Site admin")
    browser = Browser("north.test")
    assert browser.login(username="boss", password="boss")
    return browser


@pytest.fixture
def editor(nora: User, at_north: Browser) -> Browser:
    assert at_north.login(username="nora", password="nora")
    return at_north


@pytest.fixture
def superuser(root: User, at_north: Browser) -> Browser:
    assert at_north.login(username="root", password="root")
    return at_north


def url(model: Any, page: str, *arguments: object) -> str:
    if issubclass(model, Page) and page == "changelist":
        model = Page  # one list has the pages of all kinds
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def same(first: Any, second: Any) -> bool:
    """Two answers that a stranger cannot tell apart, but for tokens."""
    bodies = [re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode()) for answer in (first, second)]
    return bool(first.status_code == second.status_code and bodies[0] == bodies[1])


def test_it_works(editor: Browser, north: Site) -> None:
    index = editor.get("/admin/").content.decode()
    assert "North" in index
    assert "north.test" in index
    assert "Pages" in index
    assert "Users" not in index


@every_registered_model
@pytest.mark.parametrize("who", ["boss", "superuser"])
def test_souths_row_is_not_there(
    model: Any, who: str, south: Site, north: Site, request: pytest.FixtureRequest
) -> None:
    browser: Browser = request.getfixturevalue(who)
    with use_site(south):
        row = make_row(model)
    with use_site(north):
        own = make_row(model)
    missing = 10**6
    listed = browser.get(url(model, "changelist"))
    assert listed.status_code == 200
    assert url(model, "change", own.pk) in listed.content.decode()
    assert url(model, "change", row.pk) not in listed.content.decode()
    read_only = model in READ_ONLY
    for page in ("change", "history", *(() if read_only else ("delete",))):
        assert browser.get(url(model, page, own.pk)).status_code == 200
        foreign, none = browser.get(url(model, page, row.pk)), browser.get(url(model, page, missing))
        assert (foreign.status_code, none.status_code) == (404, 404)
        assert same(foreign, none)
    for page, data in (("change", {"_save": "1"}), ("delete", {"post": "yes"})):
        foreign, none = browser.post(url(model, page, row.pk), data), browser.post(url(model, page, missing), data)
        assert (foreign.status_code, none.status_code) == ((403, 403) if read_only else (404, 404))
        assert same(foreign, none)
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes", "select_across": "1"}
    browser.post(url(model, "changelist"), {**action, "select_across": "0"})
    assert model.all_sites.filter(pk=row.pk).exists()
    content_type = ContentType.objects.get_for_model(model).pk
    foreign, none = (browser.get(f"/admin/r/{content_type}/{key}/") for key in (row.pk, missing))
    assert (foreign.status_code, none.status_code) == (404, 404)
    assert same(foreign, none)


def test_select_across_means_across_this_site(superuser: Browser, north: Site, south: Site) -> None:
    for site in (north, south):
        with use_site(site):
            Label.objects.create(name="one")
            Label.objects.create(name="two")
    own = Label.all_sites.filter(site=north).first()
    assert own is not None
    data = {"action": "delete_selected", "_selected_action": [own.pk], "select_across": "1", "post": "yes"}
    superuser.post(url(Label, "changelist"), data)
    assert not Label.all_sites.filter(site=north).exists()
    assert Label.all_sites.filter(site=south).count() == 2


def test_choices_autocomplete_and_posted_keys_stay_on_the_site(superuser: Browser, north: Site, south: Site) -> None:
    for site in (north, south):
        with use_site(site):
            Label.objects.create(name=f"canary of {site.name}")
    foreign = Label.all_sites.get(site=south)
    form = superuser.get(url(Note, "add")).content.decode()
    assert "canary of North" in form
    assert "canary of South" not in form
    found = superuser.get(
        "/admin/autocomplete/",
        {"app_label": "third_party", "model_name": "note", "field_name": "label", "term": "canary"},
    ).json()
    assert [entry["text"] for entry in found["results"]] == ["canary of North"]
    for data in ({"text": "x", "label": foreign.pk}, {"text": "x", "others": [foreign.pk]}):
        answer = superuser.post(url(Note, "add"), data)
        assert answer.status_code == 200
        assert "Select a valid choice" in answer.content.decode()
    assert not Note.all_sites.exists()


def test_uniqueness_tells_nothing_of_another_site(superuser: Browser, south: Site, north: Site) -> None:
    with use_site(south):
        Label.objects.create(name="taken")
    assert superuser.post(url(Label, "add"), {"name": "taken"}).status_code == 302
    again = superuser.post(url(Label, "add"), {"name": "taken"})
    assert "already exists" in again.content.decode()


def test_a_page_with_a_taken_address_is_a_message_and_no_500(editor: Browser) -> None:
    data = {"title": "Home", "slug": "", "body": "<p>x</p>", "status": "published", "position": "0"}
    page = {**data, "publish_at_0": "", "publish_at_1": "", "expire_at_0": "", "expire_at_1": "", "description": ""}
    assert editor.post("/admin/pages/page/add/", page).status_code == 302
    again = editor.post("/admin/pages/page/add/", page)
    assert again.status_code == 200
    assert "Another page of this site has this address" in again.content.decode()


def test_a_form_of_one_site_sent_under_another_is_not_saved(
    editor: Browser, nora: User, north: Site, south: Site
) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    form = editor.get(url(Label, "add")).content.decode()
    field = re.search(rf'name="{OPENED_UNDER}" value="(\d+)"', form)
    assert field is not None
    assert field[1] == str(north.pk)
    editor.post("/admin/switch-site/", {"site_id": south.pk})
    answer = editor.post(url(Label, "add"), {"name": "misplaced", OPENED_UNDER: field[1]})
    assert answer.status_code == 409
    assert "You opened this form on <strong>North</strong>" in answer.content.decode()
    assert not Label.all_sites.exists()
    editor.post("/admin/switch-site/", {"site_id": north.pk})
    assert editor.post(url(Label, "add"), {"name": "placed", OPENED_UNDER: field[1]}).status_code == 302
    assert Label.all_sites.get().site == north


@every_writable_model
def test_every_form_of_the_admin_says_under_which_site_it_was_opened(
    model: Any, superuser: Browser, north: Site
) -> None:
    with use_site(north):
        row = make_row(model)
    for address in (
        url(model, "add"),
        url(model, "change", row.pk),
        url(model, "delete", row.pk),
        url(model, "changelist"),
    ):
        assert f'name="{OPENED_UNDER}" value="{north.pk}"' in superuser.get(address).content.decode(), address
    action = {"action": "delete_selected", "_selected_action": [row.pk]}
    assert f'name="{OPENED_UNDER}"' in superuser.post(url(model, "changelist"), action).content.decode()


def test_recent_actions_are_the_sites_own(root: User, north: Site, south: Site) -> None:
    for host, name in (("north.test", "made on north"), ("south.test", "made on south")):
        browser = Browser(host)
        browser.login(username="root", password="root")
        browser.post(url(Label, "add"), {"name": name})
    for host, own, other in (("north.test", "north", "south"), ("south.test", "south", "north")):
        browser = Browser(host)
        browser.login(username="root", password="root")
        index = browser.get("/admin/").content.decode()
        assert f"made on {own}" in index
        assert f"made on {other}" not in index
    assert LogEntry.objects.count() == 2


def test_deletions_are_logged_on_the_site(superuser: Browser, north: Site) -> None:
    with use_site(north):
        label = Label.objects.create(name="gone")
    superuser.post(url(Label, "delete", label.pk), {"post": "yes"})
    with use_site(north):
        assert LogEntry.objects.get(logged_actions__site=north).is_deletion()


def test_sites_people_and_roles_are_for_superusers(boss: Browser, superuser: Browser, north: Site) -> None:
    for address in (
        "/admin/sites/site/",
        f"/admin/sites/site/{north.pk}/change/",
        "/admin/accounts/user/",
        "/admin/auth/group/",
    ):
        assert boss.get(address).status_code == 403, address
    superuser.login(username="root", password="root")
    for address in (
        "/admin/sites/site/",
        f"/admin/sites/site/{north.pk}/change/",
        "/admin/accounts/user/",
        "/admin/auth/group/",
    ):
        assert superuser.get(address).status_code == 200, address


def test_a_superuser_makes_and_changes_sites(superuser: Browser, south: Site) -> None:
    empty = {"aliases-TOTAL_FORMS": "1", "aliases-INITIAL_FORMS": "0", "aliases-0-host": ""}
    data = {
        "name": "East",
        "domain": "EAST.test.",
        "key": "east",
        "state": "active",
        "theme": "",
        "colour": "#aa3344",
        **empty,
    }
    assert superuser.post("/admin/sites/site/add/", {**data, "aliases-0-host": "*.East.test"}).status_code == 302
    site = Site.objects.get(domain="east.test")
    assert (site.profile.key, site.profile.colour) == ("east", "#aa3344")
    assert [alias.host for alias in site.aliases.all()] == ["*.east.test"]
    assert Browser("east.test").get("/admin/login/").status_code == 200
    for field, value, words in (
        ("domain", "south.test", "already the domain of South"),
        ("domain", "www.north.test", "already an alias of North"),
        ("domain", "a..b", "not a valid domain"),
        ("key", "east", "Duplicate key east"),
        ("colour", "red", "not a colour"),
        ("theme", "nosuch", "Select a valid choice"),
        ("aliases-0-host", "SOUTH.test", "already the domain of South"),
        ("aliases-0-host", "*.org", "two labels"),
    ):
        answer = superuser.post("/admin/sites/site/add/", {**data, "domain": "new.test", "key": "new", field: value})
        assert answer.status_code == 200
        assert words in answer.content.decode()
    assert superuser.post(f"/admin/sites/site/{site.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Alias.objects.count() == 2


def test_a_site_administrator_keeps_the_members_of_her_site(boss: Browser, sam: User, north: Site, south: Site) -> None:
    editor_role = Membership.all_sites.get(user=sam).role_id
    assert boss.post(url(Membership, "add"), {"username": "sam", "role": editor_role}).status_code == 302
    assert Membership.all_sites.filter(user=sam).count() == 2
    assert (
        "already a member"
        in boss.post(url(Membership, "add"), {"username": "sam", "role": editor_role}).content.decode()
    )
    assert (
        "There is no account with this user name"
        in boss.post(url(Membership, "add"), {"username": "x", "role": 1}).content.decode()
    )
    page = boss.get(url(Membership, "changelist")).content.decode()
    assert "sam" in page


def test_an_editor_may_not_touch_members(editor: Browser) -> None:
    assert editor.get(url(Membership, "changelist")).status_code == 403
    assert editor.get(url(Membership, "add")).status_code == 403


def test_a_role_on_north_is_none_on_south(nora: User, south: Site, north: Site) -> None:
    with use_site(north):
        assert nora.has_perm("pages.change_page")
    with use_site(south):
        assert not nora.has_perm("pages.change_page")
        assert not nora.has_module_perms("pages")
    assert not nora.has_perm("pages.change_page")


def test_the_switcher_offers_permitted_sites_only(editor: Browser, nora: User, north: Site, south: Site) -> None:
    assert "Switch site" not in editor.get("/admin/").content.decode()
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    east = Site.objects.create(domain="east.test", name="East")
    index = editor.get("/admin/").content.decode()
    assert f'name="site_id" value="{south.pk}"' in index
    assert f'name="site_id" value="{east.pk}"' not in index
    chooser = editor.get("/admin/choose-site/", {"q": "sou"}).content.decode()
    assert "south.test" in chooser
    assert "east.test" not in chooser


def test_view_site_opens_the_chosen_sites_own_domain(editor: Browser, nora: User, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    editor.post("/admin/switch-site/", {"site_id": south.pk})
    assert 'href="http://south.test/"' in editor.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/pages/page/", "/admin/pages/page/add/", "/admin/choose-site/", "/admin/r/1/1/"]
)
def test_nothing_of_the_admin_without_signing_in(path: str, north: Site) -> None:
    response = Browser("north.test").get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_every_column_of_a_list_has_a_heading_in_words() -> None:
    """Without a description, Django makes the heading of the method's name: GET FULL NAME."""
    for model, shown in admin.site._registry.items():
        for column in shown.list_display:
            method = getattr(shown, str(column), None) or getattr(model, str(column), None)
            if callable(method) and column != "__str__":
                assert getattr(method, "short_description", ""), f"{model._meta.label}: {column}"


def test_an_error_page_promises_nothing_that_no_one_does(
    superuser: Browser, at_south: Browser, south: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Sentry, no one is notified of an error; it is in the log."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Page, "get_context", fail)
    monkeypatch.setattr("app.tenancy.admin.status.render", fail)
    with use_site(south):
        Page.objects.create(title="Home", status="published")
    for browser, path in ((at_south, "/"), (superuser, "/admin/status/")):
        browser.raise_request_exception = False
        answer = browser.get(path)
        assert answer.status_code == 500
        text = answer.content.decode()
        assert "has been logged" in text
        assert not re.search(r"been (told|notified|informed|reported)|e-?mail", text)


def test_what_is_not_there_is_said_in_the_looks_of_the_admin(
    nora: User, north: Site, south: Site, at_north: Browser
) -> None:
    with use_site(south):
        theirs = make_row(Page)
    with use_site(north):
        deleted = make_row(Page)
        key = deleted.pk
        deleted.delete()
    assert at_north.get(f"/admin/pages/page/{key}/change/").status_code == 302  # to the sign-in
    at_north.force_login(nora)
    found = [at_north.get(f"/admin/pages/page/{pk}/change/") for pk in (key, theirs.pk)]
    assert [response.status_code for response in found] == [404, 404]
    texts = [re.sub('value="[0-9A-Za-z]{64}"', "", response.content.decode()) for response in found]
    assert texts[0] == texts[1], "but for the CSRF token, the response says nothing about rows of other sites"
    assert "This was deleted, or is not on this site." in texts[0]
    assert 'id="site-name"' in texts[0]
    assert b"Not found" in at_north.get("/admin/there/is/none/").content


def test_a_list_whose_address_is_wrong_leads_to_the_whole_list(nora: User, north: Site, at_north: Browser) -> None:
    at_north.force_login(nora)
    for address in ("/admin/pages/page/", "/admin/media/mediafile/"):
        response = at_north.get(f"{address}?page=abc")
        assert response.status_code == 400
        assert f'<a href="{address}">Show the whole list</a>' in response.content.decode()
