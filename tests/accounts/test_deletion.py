"""What a person did in the admin stays when the account goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sites.models import Site

from app.accounts.models import User
from app.tenancy.current import use_site
from app.tenancy.models import LoggedAction
from tests.support.makers import Browser, page_form, person


def by_page(browser: Browser, ida: User) -> None:
    data = {"post": "yes"}
    shown = browser.get(f"/admin/accounts/user/{ida.pk}/delete/").content.decode()
    assert "ida" in shown
    assert "Editor" in shown  # her membership goes
    assert "og entr" not in shown
    assert "ogged action" not in shown
    assert browser.post(f"/admin/accounts/user/{ida.pk}/delete/", data).status_code == 302


def by_action(browser: Browser, ida: User) -> None:
    data = {"action": "delete_selected", "_selected_action": [ida.pk], "post": "yes"}
    assert browser.post("/admin/accounts/user/", data).status_code == 302


WAYS: dict[str, Callable[[Browser, User], object]] = {
    "page": by_page,
    "action": by_action,
    "instance": lambda browser, ida: ida.delete(),
    "queryset": lambda browser, ida: User.objects.filter(pk=ida.pk).delete(),
}


@pytest.mark.parametrize("name", WAYS)
def test_log_entries_stay(name: str, north: Site, root: User, at_north: Browser) -> None:
    ida, key = person("ida", north), 0
    editor = Browser("north.test")
    editor.login(username="ida", password="ida")
    assert editor.post("/admin/pages/page/add/", page_form(title="Hers", slug="hers")).status_code == 302
    key = ida.pk
    at_north.login(username="root", password="root")
    WAYS[name](at_north, ida)
    assert not User.objects.filter(username="ida").exists()
    kept = LogEntry.objects.get(object_repr="Hers")
    with use_site(north):
        assert LoggedAction.objects.filter(entry=kept).exists()
    stand_in = kept.user
    assert (stand_in.username, stand_in.is_active, stand_in.email) == (f"deleted:{key}", False, "")
    assert not stand_in.has_usable_password()
    history = at_north.get(f"/admin/pages/page/{kept.object_id}/history/").content.decode()
    assert f"deleted:{key}" in history


def test_who_did_nothing_leaves_nothing(db: None) -> None:
    person("ida", None).delete()
    assert not User.objects.exists()
