"""The form of a role offers what a role can use, and drops nothing that it does not offer."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.testing.forms import submitted
from tests.support.makers import Browser, page, person

LIST = "/admin/auth/group/"


@pytest.fixture
def browser(root: User, at_north: Browser) -> Browser:
    assert at_north.login(username="root", password="root")
    return at_north


def key(codename: str) -> str:
    return str(Permission.objects.get(codename=codename).pk)


def offered(html: str) -> dict[str, list[str]]:
    """Model → its rights, as a reader of the form sees them."""
    found = {}
    parts = re.split(r"<strong id=[^>]*>([^<]+)</strong>", html)[1:]
    for name, rights in zip(parts[::2], parts[1::2], strict=True):
        found[name] = re.findall(r'name="permissions"[^>]*>\s*([^<]+?)\s*</label>', rights)
    return found


def test_rights_are_grouped_by_model_in_plain_words(browser: Browser) -> None:
    html = browser.get(f"{LIST}add/").content.decode()
    rights = offered(html)
    assert rights["Pages"] == ["View", "Add", "Change", "Delete", "Publish"]
    assert rights["Members"] == ["View", "Add", "Change", "Delete"]
    assert rights["Activity"] == ["View"]
    assert rights["Flat pages"] == ["View", "Add", "Change", "Delete"]
    assert "Feeds" in rights
    areas = re.findall(r"<h2>([^<]*)</h2>|<strong id=[^>]*>(Pages|Members|Feeds|Settings of the site)</strong>", html)
    assert [area or name for area, name in areas] == [
        *("Content", "Pages", "People", "Members", "This site", "Feeds", "Settings of the site")
    ]
    # Above the sites, written by nobody in the admin, or not in the admin at all.
    assert rights.keys().isdisjoint(
        {"Users", "Groups", "Sites", "Topics", "Banners", "Tweets", "Log entries", "Sessions", "Logged actions"}
    )
    assert "Can " not in str(rights)


def test_what_is_not_offered_is_kept(browser: Browser) -> None:
    role = Group.objects.get(name="Author")
    others = Permission.objects.filter(codename__in=("view_session", "add_logentry"))
    role.permissions.add(*others)
    change = f"{LIST}{role.pk}/change/"
    html = browser.get(change).content.decode()
    assert "They stay: Can add log entry, Can view session." in html
    data = submitted(html, "group_form")
    data["permissions"].remove(key("add_page"))
    data["permissions"] += [key("publish_page"), key("delete_page")]
    assert browser.post(change, data).status_code == 302
    names = set(role.permissions.values_list("codename", flat=True))
    assert {"view_session", "add_logentry", "publish_page", "delete_page", "view_page", "change_page"} <= names
    assert "add_page" not in names


def test_saving_a_role_unchanged_changes_nothing(browser: Browser) -> None:
    for role in Group.objects.all():
        role.permissions.add(Permission.objects.get(codename="view_session"))
        before = set(role.permissions.values_list("codename", flat=True))
        assert before
        change = f"{LIST}{role.pk}/change/"
        browser.post(change, submitted(browser.get(change).content.decode(), "group_form"))
        assert set(role.permissions.values_list("codename", flat=True)) == before
        assert "No fields changed" in browser.get(f"{LIST}{role.pk}/history/").content.decode()


def test_a_permission_that_is_not_offered_cannot_be_added(browser: Browser) -> None:
    sent = {"name": "Forged", "permissions": [key("change_page"), key("add_user")]}
    answer = browser.post(f"{LIST}add/", sent)
    assert answer.status_code == 200
    assert "is not one of the available choices" in answer.content.decode()
    assert not Group.objects.filter(name="Forged").exists()


def test_a_role_from_the_form_works(browser: Browser, north: Site) -> None:
    rights = [key(name) for name in ("view_page", "change_page", "publish_page")]
    assert browser.post(f"{LIST}add/", {"name": "Publisher", "permissions": rights}).status_code == 302
    person("pam", north, "Publisher")
    row = page(north, status="draft")
    pam = Browser("north.test")
    assert pam.login(username="pam", password="pam")
    pam.post("/admin/pages/page/", {"action": "publish", "_selected_action": [row.pk]})
    assert Browser("north.test").get("/t/").status_code == 200
    assert pam.get("/admin/pages/page/add/").status_code == 403
