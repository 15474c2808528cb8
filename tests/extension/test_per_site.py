"""An app that is on for some sites only, and the signals of sites."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.commands import manage, managed
from tests.support.databases import migrated_in
from tests.support.programs import wait_until
from tests.support.server import serving, settings_in

pytestmark = pytest.mark.process

CLUB = {
    "__init__.py": "",
    "apps.py": """
from app.extension import SiteAppConfig, site_archived, site_created, site_renamed, site_state_changed

class ClubConfig(SiteAppConfig):
    name = "club"
    per_site = True
    url_prefix = "club/"
    panels = ("club.hooks.panel",)

    def ready(self):
        from club.hooks import hear
        for signal, name in (
            (site_created, "created"),
            (site_renamed, "renamed"),
            (site_state_changed, "state"),
            (site_archived, "archived"),
        ):
            signal.connect(hear(name), weak=False)
""",
    "hooks.py": """
import os
from django.utils.html import format_html
from app.tenancy.current import current_site

def panel(request):
    return format_html("<p>the club panel</p>")

def hear(name):
    def receive(site, signal, sender, **values):
        line = " ".join([name, current_site().domain, *(f"{k}={v}" for k, v in sorted(values.items()))])
        with open(os.environ["HEARD"], "a") as file:
            print(line, file=file)
        raise RuntimeError("the receiver failed")
    return receive
""",
    "models.py": """
from django.db import models
from app.tenancy.models import SiteRelated

class Member(SiteRelated):
    name = models.CharField(max_length=50)
""",
    "admin.py": """
from django.contrib import admin
from app.tenancy.admin import SiteRelatedAdmin
from club.models import Member

@admin.register(Member)
class MemberAdmin(SiteRelatedAdmin):
    pass
""",
    "urls.py": """
from django.http import HttpResponse
from django.urls import path
from app.pagecache.views import page_cached

@page_cached(query={"page"})
def show(request):
    return HttpResponse(f"the club of {request.tenancy.site.name}, page {request.GET.get('page', 1)}")

urlpatterns = [path("", show)]
""",
    "management/__init__.py": "",
    "management/commands/__init__.py": "",
    "management/commands/count_members.py": """
from django.core.management.base import BaseCommand
from club.models import Member

class Command(BaseCommand):
    def handle(self, **options):
        self.stdout.write(f"{Member.objects.count()} members")
""",
}
ON = 'apps=["club"]'


def settings_with_club(folder: Path) -> dict[str, str]:
    heard = str(folder / "heard")
    return {**settings_in(folder), "PYTHONPATH": str(folder), "EXTRA_APPS": "club", "HEARD": heard}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app and a database with two sites, made once; each test uses a copy."""
    folder = tmp_path_factory.mktemp("club")
    for path, text in CLUB.items():
        file = folder / "club" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    values = settings_with_club(folder)
    migrated_in(folder)
    managed("makemigrations", "club", "-v0", **values)
    managed("migrate", "-v0", **values)
    managed("sites", "add", "north.test", "--name", "North", "--setting", ON, **values)
    managed("sites", "add", "south.test", "--name", "South", **values)
    return folder


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return settings_with_club(tmp_path)


def signed_in(settings: dict[str, str]) -> dict[str, dict[str, str]]:
    """The header with the session of a superuser, by host."""
    script = """
import json
from django.contrib.auth import get_user_model
from django.test import Client
root = get_user_model().objects.create_superuser("root", "root@example.org")
cookies = {}
for host in ("north.test", "south.test"):
    client = Client(headers={"host": host})
    client.force_login(root)
    client.get("/admin/")
    cookies[host] = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
print(json.dumps(cookies))
"""
    cookies = json.loads(managed("shell", "-v0", "-c", script, **settings).splitlines()[-1])
    return {host: {"Cookie": cookie} for host, cookie in cookies.items()}


def test_it_is_there_on_the_sites_that_have_it(tmp_path: Path, settings: dict[str, str]) -> None:
    people = signed_in(settings)
    with serving(tmp_path, **settings) as server:

        def statuses(host: str, path: str) -> int:
            return server.request(path, host=host, headers=people[host] if "admin" in path else {}).status

        for path in ("/club/", "/admin/club/", "/admin/club/member/", "/admin/club/member/add/"):
            assert (statuses("north.test", path), statuses("south.test", path)) == (200, 404), path
        overviews = {host: server.request("/admin/", host=host, headers=people[host]).body for host in people}
        for text in ("the club panel", "/admin/club/member/"):
            assert text in overviews["north.test"]
            assert text not in overviews["south.test"]
        # Stored pages too follow the switch.
        for page in (1, 2, 1, 2):
            shown = server.request(f"/club/?page={page}", host="north.test").body
            assert shown == f"the club of North, page {page}"
        managed("sites", "set", "north.test", "--no-app", "club", **settings)
        managed("sites", "set", "south.test", "--app", "club", **settings)
        wait_until(lambda: server.request("/club/", host="north.test").status == 404, what="off at north")
        wait_until(
            lambda: server.request("/club/", host="south.test").body == "the club of South, page 1", what="on at south"
        )


def test_its_commands_skip_the_other_sites(settings: dict[str, str]) -> None:
    done = manage("count_members", "--all-sites", **settings)
    assert (done.returncode, done.stdout) == (0, "0 members\n")
    assert "north.test" in done.stderr
    assert "south.test" not in done.stderr
    refused = manage("count_members", "--site=south.test", **settings)
    assert refused.returncode == 2
    assert "The app 'club' is off on south.test" in refused.stderr


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('apps=["clubs"]', "'clubs' is not an app per site. Apps per site: club, posts."),
        ('apps=["pages"]', "'pages' is not an app per site. Apps per site: club, posts."),
        ('apps="club"', "must be a list of labels of apps"),
        ("apps=[1]", "must be a list of labels of apps"),
        ("apps=[club]", "'apps=[club]' is not NAME=JSON. A text needs double quotes"),
    ],
)
def test_a_site_cannot_have_an_app_that_is_no_such_app(settings: dict[str, str], value: str, message: str) -> None:
    refused = manage("sites", "set", "south.test", "--setting", value, **settings)
    assert refused.returncode == 2
    assert message in refused.stderr


def test_apps_on_the_command_line_keep_the_others_and_say_what_is_wrong(settings: dict[str, str]) -> None:
    def apps(*options: str) -> list[str]:
        return list(json.loads(managed("sites", "set", "south.test", "--json", *options, **settings))["apps"])

    assert apps("--app", "club", "--setting", 'tagline="One"') == ["club"]
    assert apps("--app", "club") == ["club"]
    assert apps("--no-app", "club") == []
    for options, message in {
        ("--no-app", "club"): "--no-app club: the site does not have this app.",
        ("--app", "club", "--no-app", "club"): "--app and --no-app both name 'club'.",
        ("--app", "clubs"): "'clubs' is not an app per site. Apps per site: club, posts.",
    }.items():
        refused = manage("sites", "set", "south.test", *options, **settings)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr


def test_check_names_the_apps_and_themes_of_sites_that_are_missing(tmp_path: Path, settings: dict[str, str]) -> None:
    (tmp_path / "themes" / "quiet").mkdir(parents=True)
    (tmp_path / "themes" / "quiet" / "theme.toml").write_text('title = "Quiet"\nparent = "portico"\n')
    with_theme = {**settings, "THEMES_DIRS": str(tmp_path / "themes")}
    managed("sites", "set", "south.test", "--app", "club", "--theme", "quiet", **with_theme)
    check = ("check", "--database=default")
    assert "tenancy.W003" not in manage(*check, **with_theme).stderr
    warned = manage(*check, **{**settings, "EXTRA_APPS": ""}).stderr
    assert "tenancy.W003" in warned
    assert "2 sites have the app 'club', which is not installed: north.test, south.test." in warned
    assert "1 site has the theme 'quiet', which does not exist: south.test." in warned
    assert "EXTRA_APPS" in warned
    assert "THEMES_DIRS" in warned
    # A deployment runs it: the warning is in the log of the migration.
    assert "tenancy.W003" in manage("migrate", **{**settings, "EXTRA_APPS": ""}).stderr


def test_a_superuser_turns_it_on_in_the_form_of_a_site(settings: dict[str, str]) -> None:
    script = """
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.test import Client
from app.tenancy.models import SiteProfile
from app.testing.forms import submitted
root = get_user_model().objects.create_superuser("root", "root@example.org")
client = Client(headers={"host": "south.test"})
client.force_login(root)
site = Site.objects.get(domain="south.test")
path = f"/admin/sites/site/{site.pk}/change/"
found = []
for values in ({"apps": "club"}, {}):
    data = submitted(client.get(path).text, "site_form", **values)
    if not values:
        data.pop("apps")
    found.append(client.post(path, data).status_code)
    found.append(SiteProfile.objects.get(site=site).settings["apps"])
    found.append(client.get("/club/").status_code)
print(found)
"""
    output = managed("shell", "--site=south.test", "-v0", "-c", script, **settings)
    assert output.splitlines()[-1] == "[302, ['club'], 200, 302, [], 404]"


def test_no_page_is_saved_where_nobody_would_see_it(settings: dict[str, str]) -> None:
    script = """
from django.core.exceptions import ValidationError
from app.pages.models import Page
try:
    Page(title="Club", slug="club").full_clean()
except ValidationError as error:
    print(error.message_dict)
else:
    print("accepted")
"""
    said = {
        site: managed("shell", f"--site={site}", "-v0", "-c", script, **settings).splitlines()[-1]
        for site in ("north.test", "south.test")
    }
    message = "Nobody would see a page at /club/: the address belongs to “Club”. Choose another slug."
    assert said == {"north.test": str({"slug": [message]}), "south.test": "accepted"}


def test_apps_are_told_of_sites(tmp_path: Path, settings: dict[str, str]) -> None:
    (tmp_path / "heard").write_text("")
    commands = (
        ("add", "east.test"),
        ("set", "east.test", "--name", "East"),
        ("rename", "east.test", "west.test"),
        ("suspend", "west.test"),
        ("archive", "west.test"),
    )
    for command in commands:
        done = manage("sites", *command, **settings)
        assert done.returncode == 0, done.stderr  # the receiver's error changes nothing
    assert "the receiver failed" in done.stdout
    assert (tmp_path / "heard").read_text().splitlines() == [
        "created east.test",
        "renamed west.test old_domain=east.test",
        "state west.test new_state=suspended old_state=active",
        "state west.test new_state=archived old_state=suspended",
        "archived west.test",
    ]
