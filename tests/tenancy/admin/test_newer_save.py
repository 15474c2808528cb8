"""Two people edit one row: the second one is told, and neither loses a word."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.core.management import call_command

from app.accounts.models import User
from app.pages.models import Page
from app.tenancy.current import use_site
from app.tenancy.models import Alias, Membership, SiteProfile
from app.tenancy.sites.themes import themes
from app.testing.forms import submitted
from tests.support.makers import Browser, page, person
from tests.support.posts import post
from tests.third_party.models import Label


def signed_in(site: Site, name: str) -> Browser:
    person(name, site, "Site admin")
    browser = Browser(site.domain)
    assert browser.login(username=name, password=name)
    return browser


@pytest.fixture
def ada(north: Site) -> Browser:
    return signed_in(north, "ada")


@pytest.fixture
def bob(north: Site) -> Browser:
    return signed_in(north, "bob")


def opened(browser: Browser, path: str, **changed: str) -> dict[str, Any]:
    """What the form of a page sends after these changes."""
    form = next(
        name
        for name in ("page_form", "post_form", "label_form", "membership_form", "site_form", "user_form", "group_form")
        if f"/{name.removesuffix('_form')}/" in path
    )
    return dict(submitted(browser.get(path).content.decode(), form, **changed))


def test_the_second_one_to_save_sees_both_texts(north: Site, ada: Browser, bob: Browser) -> None:
    stored = page(north, slug="a", title="As it was", body="<p>old body</p>")
    path = f"/admin/pages/page/{stored.pk}/change/"
    of_ada = opened(ada, path, title="By Ada", body="<p>what Ada wrote</p>")
    of_bob = opened(bob, path, title="By Bob", body="<p>what Bob wrote</p>")
    assert ada.post(path, of_ada).status_code == 302

    response = bob.post(path, of_bob)
    assert response.status_code == 200
    text = response.content.decode()
    assert "ada saved a newer version at" in text
    assert "Stored now: By Ada" in text
    assert "Stored now: what Ada wrote" in text
    assert 'value="By Bob"' in text
    assert "what Bob wrote" in text
    assert text.count("Stored now:") == 2  # the other fields are as he opened them
    assert Page.all_sites.get(pk=stored.pk).title == "By Ada"

    # The form that he has now knows what is stored, so what he decides is saved.
    assert bob.post(path, submitted(text, "page_form", title="By Ada and Bob")).status_code == 302
    assert Page.all_sites.get(pk=stored.pk).title == "By Ada and Bob"


def test_a_stored_text_is_shown_with_its_lines(north: Site, ada: Browser, bob: Browser) -> None:
    rows = {"pages/page": page(north, slug="a"), "posts/post": post(north, slug="a")}
    body = "<h2>From 1 November.</h2><p>See our <strong>plan</strong>.</p><ul><li><p>x &lt; y</p></li></ul>"
    for name, row in rows.items():
        path = f"/admin/{name}/{row.pk}/change/"
        of_bob = opened(bob, path, body="<p>by Bob</p>")
        assert ada.post(path, opened(ada, path, body=body, title="<i>By Ada</i>")).status_code == 302
        shown = bob.post(path, of_bob).content.decode()
        assert "Stored now: ## From 1 November.\nSee our **plan**.\n- x &lt; y</li>" in shown
        assert "Stored now: &lt;i&gt;By Ada&lt;/i&gt;</li>" in shown


def test_who_saves_again_or_changes_another_field_is_not_stopped(north: Site, ada: Browser, bob: Browser) -> None:
    stored = page(north, slug="a", title="As it was")
    path = f"/admin/pages/page/{stored.pk}/change/"
    for title in ("First", "Second"):
        assert ada.post(path, opened(ada, path, title=title)).status_code == 302
    with use_site(north):
        Page.objects.filter(pk=stored.pk).update(expire_at=None, position=stored.position)
    assert bob.post(path, opened(bob, path, title="Third")).status_code == 302


def test_it_holds_for_other_models_and_for_links(north: Site, ada: Browser, bob: Browser) -> None:
    with use_site(north):
        label = Label.objects.create(name="as it was")
    path = f"/admin/third_party/label/{label.pk}/change/"
    of_bob = opened(bob, path, name="by Bob")
    assert ada.post(path, opened(ada, path, name="by Ada")).status_code == 302
    assert "Stored now: by Ada" in bob.post(path, of_bob).content.decode()


def test_a_role_is_shown_by_its_name(north: Site, ada: Browser, bob: Browser) -> None:
    person("cleo", north, "Author")
    with use_site(north):
        member = Membership.objects.get(user__username="cleo")
    path = f"/admin/tenancy/membership/{member.pk}/change/"
    roles = {group.name: str(group.pk) for group in Group.objects.all()}
    of_bob = opened(bob, path, role=roles["Editor"])
    assert ada.post(path, opened(ada, path, role=roles["Site admin"])).status_code == 302
    assert "Stored now: Site admin" in bob.post(path, of_bob).content.decode()


@pytest.mark.parametrize("sent", ["", "{", "[]", '{"nothing": 1}', '{"title": 1}'])
def test_what_no_form_sends_is_no_fault(north: Site, ada: Browser, sent: str) -> None:
    stored = page(north, slug="a", title="As it was")
    path = f"/admin/pages/page/{stored.pk}/change/"
    values = opened(ada, path, title="New") | {"_opened_with": sent}
    assert ada.post(path, values).status_code in {200, 302}


@pytest.fixture
def operator(root: User) -> Browser:
    browser = Browser("north.test")
    assert browser.login(username="root", password="root")
    return browser


def test_the_form_of_a_site_takes_nothing_back(operator: Browser, ada: Browser, north: Site) -> None:
    """An operator has the form open while the site's own people and a command change the site."""
    path = f"/admin/sites/site/{north.pk}/change/"
    of_operator = opened(operator, path, state="suspended")
    settings = submitted(ada.get("/admin/settings/").content.decode(), "settings_form", name="Norden", colour="#aa3344")
    assert ada.post("/admin/settings/", settings).status_code == 302
    call_command("sites", "alias", "north.test", "www2.north.test", "--without-proof", stdout=StringIO())

    refused = operator.post(path, of_operator)
    assert refused.status_code == 200
    text = refused.content.decode()
    assert "Somebody saved a newer version while you were writing." in text
    assert "Stored now: Norden" in text
    assert "Stored now: #aa3344" in text
    assert "Stored now: www.north.test (redirects), www2.north.test (redirects)" in text
    assert text.count("Stored now:") == 3
    assert site_as_stored(north) == ("Norden", "north.test", "#aa3344", "active")
    assert aliases_of(north) == {"www.north.test", "www2.north.test"}

    # What the operator decides is saved now; an alias that the form has never shown is not given up by it.
    again = submitted(text, "site_form", name="Norden", colour="#aa3344")
    assert operator.post(path, again).status_code == 302
    assert site_as_stored(north) == ("Norden", "north.test", "#aa3344", "suspended")
    assert aliases_of(north) == {"www.north.test", "www2.north.test"}


def test_the_form_of_a_site_does_not_rename_it_back(operator: Browser, north: Site) -> None:
    path = f"/admin/sites/site/{north.pk}/change/"
    of_operator = opened(operator, path, colour="#aa3344")
    call_command("sites", "rename", "north.test", "norden.test", "--without-proof", stdout=StringIO())
    north.refresh_from_db()
    browser = Browser("norden.test")
    assert browser.login(username="root", password="root")
    assert "Stored now: norden.test" in browser.post(path, of_operator).content.decode()
    assert site_as_stored(north)[1] == "norden.test"


def test_an_alias_that_was_changed_or_removed_meanwhile(operator: Browser, north: Site) -> None:
    path = f"/admin/sites/site/{north.pk}/change/"
    of_operator = opened(operator, path, colour="#aa3344")
    Alias.objects.filter(site=north).update(redirect=False)
    assert "Stored now: www.north.test (serves the site)" in operator.post(path, of_operator).content.decode()
    Alias.objects.filter(site=north).delete()
    refused = operator.post(path, of_operator)
    assert refused.status_code == 200
    assert "Stored now: -" in refused.content.decode()
    assert aliases_of(north) == set()
    assert site_as_stored(north)[2] != "#aa3344"


def test_a_preview_of_a_theme_is_no_newer_save(operator: Browser, north: Site) -> None:
    path = f"/admin/sites/site/{north.pk}/change/"
    theme = sorted(themes())[-1]
    assert operator.post(path, opened(operator, path, theme=theme, _preview="1")).status_code == 302
    previewed = opened(operator, path, colour="#aa3344")
    assert previewed["theme"] in ([theme], theme)
    assert operator.post(path, previewed).status_code == 302
    assert site_as_stored(north)[2] == "#aa3344"


def test_the_form_of_a_person_takes_nothing_back(operator: Browser, north: Site) -> None:
    cleo = person("cleo", north, "Author")
    path = f"/admin/accounts/user/{cleo.pk}/change/"
    of_operator = opened(operator, path, first_name="Cleo")
    User.objects.filter(pk=cleo.pk).update(is_active=False, email="new@example.test", password="unusable")
    text = operator.post(path, of_operator).content.decode()
    assert "Stored now: new@example.test" in text
    assert "Stored now: False" in text
    assert "unusable" not in text  # the form writes no password
    cleo.refresh_from_db()
    assert (cleo.is_active, cleo.email, cleo.first_name) == (False, "new@example.test", "")


def test_the_form_of_a_role_takes_nothing_back(operator: Browser, north: Site) -> None:
    role = Group.objects.get(name="Author")
    path = f"/admin/auth/group/{role.pk}/change/"
    of_operator = opened(operator, path, name="Writer")
    role.permissions.set(Permission.objects.filter(codename="view_page"))
    assert "Stored now: Pages: View</li>" in operator.post(path, of_operator).content.decode()
    assert [right.codename for right in role.permissions.all()] == ["view_page"]
    assert operator.post(path, opened(operator, path, name="Writer")).status_code == 302
    assert Group.objects.get(pk=role.pk).name == "Writer"


def site_as_stored(site: Site) -> tuple[str, str, str, str]:
    profile = SiteProfile.objects.select_related("site").get(site=site.pk)
    return profile.site.name, profile.site.domain, profile.colour, profile.state


def aliases_of(site: Site) -> set[str]:
    return set(Alias.objects.filter(site=site).values_list("host", flat=True))
