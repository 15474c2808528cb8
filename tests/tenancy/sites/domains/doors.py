"""Every way in which a site gets a host. Each returns why it was refused, or an empty text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import CommandError

from app.accounts.models import User
from app.tenancy.models import Alias
from app.testing.forms import submitted
from tests.support.commands import call
from tests.support.makers import Browser

Door = Callable[[str], str]
NEW = {"name": "New", "key": "new"}


def _command(*arguments: str) -> str:
    try:
        call(*arguments)
    except CommandError as refused:
        return str(refused) if refused.returncode == 2 else f"exit status {refused.returncode}"
    return ""


def command_add(host: str) -> str:
    return _command("sites", "add", host, "--name", "New", "--key", "new")


def command_add_alias(host: str) -> str:
    return _command("sites", "add", "new.test", "--alias", host)


def command_alias(host: str) -> str:
    return _command("sites", "alias", "north.test", host)


def command_rename(host: str) -> str:
    return _command("sites", "rename", "north.test", host)


def declare(host: str) -> str:
    return _sync(f"sites: {{new: {{domain: '{host}'}}}}")


def declare_alias(host: str) -> str:
    return _sync(f"sites: {{new: {{domain: new.test, aliases: ['{host}']}}}}")


def _sync(text: str, *options: str) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sites.yaml"
        file.write_text(text, encoding="utf-8")
        return _command("sync_sites", str(file), *options)


def _refused(call: Callable[[], object]) -> str:
    try:
        call()
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


def code_add(host: str) -> str:
    return _refused(lambda: Site.objects.create(domain=host, name="New"))


def code_rename(host: str) -> str:
    site = Site.objects.get(domain="north.test")
    site.domain = host
    return _refused(site.save)


def code_alias(host: str) -> str:
    north = Site.objects.get(domain="north.test")
    return _refused(lambda: Alias.objects.create(site=north, host=host))


def admin_add(host: str) -> str:
    return _admin("add", domain=host, **NEW)


def admin_rename(host: str) -> str:
    return _admin("change", domain=host)


def admin_alias(host: str) -> str:
    return _admin("change", **{"aliases-1-host": host})


def _admin(page: str, **values: str) -> str:
    if not User.objects.filter(username="root").exists():
        User.objects.create_superuser("root", "root@example.test", "root")
    browser = Browser("south.test")
    assert browser.login(username="root", password="root")
    north = Site.objects.get(domain="north.test")
    address = "/admin/sites/site/add/" if page == "add" else f"/admin/sites/site/{north.pk}/change/"
    response = browser.post(address, submitted(browser.get(address).content.decode(), "site_form", **values))
    if response.status_code == 302:
        return ""
    found = re.findall(r'<ul class="errorlist[^"]*"[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL)
    return unescape(re.sub("<[^>]+>", " ", " ".join(found)))


DOMAIN_DOORS: list[Door] = [command_add, command_rename, declare, code_add, code_rename, admin_add, admin_rename]
ALIAS_DOORS: list[Door] = [command_add_alias, command_alias, declare_alias, code_alias, admin_alias]
DOORS = [*DOMAIN_DOORS, *ALIAS_DOORS]
DECLARING = {declare, declare_alias}
