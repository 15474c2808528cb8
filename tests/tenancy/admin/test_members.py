"""Who may give which role to whom, and that a site does not lose its last Site admin unnoticed."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.tenancy.current import use_site
from app.tenancy.models import Membership
from app.testing.forms import submitted
from tests.support.makers import Browser, person

LIST = "/admin/tenancy/membership/"
NOTED = "has no Site admin left"


@pytest.fixture
def clerk(db: None) -> Group:
    """A role that may do anything with members, and nothing else."""
    role = Group.objects.create(name="Clerk")
    role.permissions.set(Permission.objects.filter(content_type__model="membership"))
    return role


@pytest.fixture
def rita(clerk: Group, north: Site) -> User:
    return person("rita", north, "Clerk")


@pytest.fixture
def boss(north: Site) -> User:
    return person("boss", north, "Site admin")


def signed_in(username: str) -> Browser:
    browser = Browser("north.test")
    assert browser.login(username=username, password=username)
    return browser


def membership(user: User, site: Site) -> Membership:
    return Membership.all_sites.get(user=user, site=site)


def offered(page: str) -> set[str]:
    select = re.search(r'<select name="role".*?</select>', page, re.DOTALL)
    assert select is not None
    return set(re.findall(r"<option[^>]*>([^<-]+)</option>", select[0]))


def role(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


def change(member: Membership) -> str:
    return f"{LIST}{member.pk}/change/"


def noted(browser: Browser, address: str, data: dict[str, str]) -> bool:
    """Whether the response to a POST that succeeds says that the site has no Site admin left."""
    form = browser.get(address).content.decode()
    model = re.search(r'<form [^>]*id="(\w+_form)"', form)
    answer = browser.post(address, {**submitted(form, model[1]), **data} if model else data)
    assert answer.status_code == 302, answer.content.decode()
    return any(NOTED in str(message) for message in get_messages(answer.wsgi_request))


def test_a_person_gives_only_roles_that_permit_no_more_than_hers(
    rita: User, boss: User, nora: User, sam: User, north: Site
) -> None:
    browser = signed_in("rita")
    assert offered(browser.get(f"{LIST}add/").content.decode()) == {"Clerk"}
    for name in ("Site admin", "Editor", "Author"):
        refused = browser.post(f"{LIST}add/", {"username": "sam", "role": role(name)})
        assert "Select a valid choice" in refused.content.decode()
    assert not Membership.all_sites.filter(user=sam, site=north).exists()
    assert browser.post(f"{LIST}add/", {"username": "sam", "role": role("Clerk")}).status_code == 302
    added = membership(sam, north)
    assert "Select a valid choice" in browser.post(change(added), {"role": role("Editor")}).content.decode()
    assert offered(signed_in("boss").get(f"{LIST}add/").content.decode()) == {"Author", "Clerk", "Editor", "Site admin"}


def test_a_person_takes_no_role_that_she_could_not_give(rita: User, boss: User, north: Site) -> None:
    browser = signed_in("rita")
    above = membership(boss, north)
    shown = browser.get(change(above))
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    assert browser.post(change(above), {"role": role("Clerk")}).status_code == 403
    assert browser.post(f"{LIST}{above.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [above.pk], "post": "yes"}
    assert browser.post(LIST, chosen).status_code == 403
    assert membership(boss, north).role.name == "Site admin"


@pytest.mark.parametrize("who", ["rita", "boss", "root"])
def test_nobody_changes_her_own_membership(who: str, rita: User, boss: User, root: User, north: Site) -> None:
    with use_site(north):
        Membership.objects.create(user=root, role=Group.objects.get(name="Editor"))
    own = Membership.all_sites.get(user__username=who, site=north)
    before, browser = own.role_id, signed_in(who)
    assert browser.get(change(own)).status_code == 200
    assert browser.post(change(own), {"role": role("Author")}).status_code == 403
    assert browser.post(f"{LIST}{own.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [own.pk], "post": "yes"}
    assert browser.post(LIST, chosen).status_code == 403
    assert "already a member" in browser.post(f"{LIST}add/", {"username": who, "role": before}).content.decode()
    assert Membership.all_sites.get(pk=own.pk).role_id == before


def test_what_she_may_give_depends_on_her_role_on_this_site(boss: User, clerk: Group, north: Site, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=boss, role=clerk)
    browser = signed_in("boss")
    browser.post("/admin/switch-site/", {"site_id": south.pk})
    assert offered(browser.get(f"{LIST}add/").content.decode()) == {"Clerk"}
    browser.post("/admin/switch-site/", {"site_id": north.pk})
    assert "Site admin" in offered(browser.get(f"{LIST}add/").content.decode())


def test_the_last_site_admin_is_not_removed_unnoticed(boss: User, root: User, nora: User, north: Site) -> None:
    second = person("second", north, "Site admin")
    browser = signed_in("root")
    assert not noted(browser, change(membership(second, north)), {"role": role("Editor")})
    assert noted(browser, change(membership(boss, north)), {"role": role("Editor")})
    assert not noted(browser, change(membership(boss, north)), {"role": role("Site admin")})
    assert noted(browser, f"{LIST}{membership(boss, north).pk}/delete/", {"post": "yes"})
    assert not noted(browser, change(membership(nora, north)), {"role": role("Site admin")})
    chosen = {"action": "delete_selected", "_selected_action": str(membership(nora, north).pk), "post": "yes"}
    assert noted(browser, LIST, chosen)


def test_nor_with_her_account(boss: User, root: User, north: Site, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=boss, role=Group.objects.get(name="Site admin"))
    other = person("other", north, "Site admin")
    browser = signed_in("root")
    form = browser.get(f"/admin/accounts/user/{boss.pk}/change/").content.decode()
    data = submitted(form, "user_form")
    del data["is_active"]
    closed = browser.post(f"/admin/accounts/user/{boss.pk}/change/", data)
    assert [str(m) for m in get_messages(closed.wsgi_request) if NOTED in str(m)] == [
        "South has no Site admin left: nobody but a superuser can change its members."
    ]
    assert not noted(browser, f"/admin/accounts/user/{boss.pk}/delete/", {"post": "yes"})
    assert noted(browser, f"/admin/accounts/user/{other.pk}/delete/", {"post": "yes"})


def test_members_to_choose_from_have_an_order(root: User, boss: User, rita: User) -> None:
    """Without one, a second page could repeat members of the first and leave others out."""
    choices = "/admin/autocomplete/?app_label=sign_in&model_name=claimedrole&field_name=membership"
    response = signed_in("root").get(choices)
    assert [choice["text"] for choice in response.json()["results"]] == ["boss, Site admin", "rita, Clerk"]


def test_the_account_of_a_member_is_a_link_for_a_superuser_only(
    north: Site, nora: User, boss: User, root: User
) -> None:
    account = f"/admin/accounts/user/{nora.pk}/change/"
    for person_, is_link in ((boss, False), (root, True)):
        browser = Browser("north.test")
        browser.force_login(person_)
        shown = browser.get(change(membership(nora, north))).content.decode()
        assert "nora" in shown
        assert (f'href="{account}"' in shown) == is_link


def test_a_deletion_costs_the_same_for_many_members(root: User, north: Site, south: Site) -> None:
    browser, found = signed_in("root"), []
    role, everywhere = Group.objects.get(name="Editor"), person("nora", north)
    addresses = (f"/admin/auth/group/{role.pk}/delete/", f"/admin/accounts/user/{everywhere.pk}/delete/")
    for site in (south, None):
        with CaptureQueriesContext(connection) as queries:
            pages = [browser.get(address).content.decode() for address in addresses]
        found.append(len([query for query in queries if re.search("FROM .(accounts_user|auth_group)", query["sql"])]))
        assert [page.count("nora, Editor") for page in pages] == [len(found)] * 2
        if site is not None:
            person("ada", site)
            with use_site(site):
                Membership.objects.create(user=everywhere, role=role)
    assert found[0] == found[1]
