"""`manage.py sync_sites`: the rows become what the file says. What a file may say: sites/test_declarations.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.tenancy.models import SiteProfile
from tests.support.commands import call, listed_sites
from tests.support.makers import Browser

Sync = Callable[..., str]
DECLARED = """
sites:
  alpha: {domain: alpha.test, name: Alpha, aliases: [www.alpha.test, {host: "*.alpha.test", redirect: false}]}
  beta: {domain: beta.test, name: Beta, settings: {tagline: Hello}}
  gamma: {domain: gamma.test, state: suspended}
"""


@pytest.fixture
def sync(added: dict[str, int], tmp_path: Path) -> Sync:
    """Applies a text as the file; the output."""

    def sync(text: str, *options: str) -> str:
        file = tmp_path / "sites.yaml"
        file.write_text(text, encoding="utf-8")
        return call("sync_sites", str(file), *options)

    return sync


def test_declared_sites_become_rows_once(sync: Sync) -> None:
    assert "+ alpha  alpha.test" in sync(DECLARED, "--dry-run")
    assert "alpha" not in listed_sites()
    sync(DECLARED)
    assert listed_sites()["alpha"]["aliases"] == ["*.alpha.test", "www.alpha.test"]
    assert listed_sites()["gamma"]["state"] == "suspended"
    before = listed_sites()
    assert "Sites: 3 unchanged." in sync(DECLARED)
    assert listed_sites() == before


def test_what_a_site_set_itself_stays_unless_the_file_names_it(sync: Sync) -> None:
    sync(DECLARED)
    for value in ('tagline="Ours"', 'language="de"', 'robots="Disallow: /x/"'):
        call("sites", "set", "beta.test", "--setting", value)
    assert "~ beta  settings.robots: Disallow: /x/ → -; settings.tagline: Ours → Hello" in sync(DECLARED)
    assert SiteProfile.objects.get(key="beta").settings == {"tagline": "Hello", "language": "de"}
    assert "3 unchanged" in sync(DECLARED)


def test_an_empty_value_in_the_file_removes_what_is_stored(sync: Sync) -> None:
    sync(DECLARED)
    for value in ('language="de"', 'footer="<p>Ours</p>"', 'social={"x": "https://x.com/b"}', 'time_zone="UTC"'):
        call("sites", "set", "beta.test", "--setting", value)
    emptied = "settings: {tagline: '', language: null, social: {}, footer: ''}"
    sync(DECLARED.replace("settings: {tagline: Hello}", emptied))
    assert SiteProfile.objects.get(key="beta").settings == {"time_zone": "UTC"}


def test_a_list_and_json_are_taken_as_well(sync: Sync) -> None:
    sync('{"sites": [{"key": "alpha", "domain": "Alpha.Test."}]}')
    assert listed_sites()["alpha"]["domain"] == "alpha.test"


def test_two_sites_exchange_their_hosts_and_keep_their_ids(sync: Sync) -> None:
    sync(DECLARED)
    ids = {key: site["id"] for key, site in listed_sites().items()}
    changed = """
sites:
  alpha: {domain: beta.test, name: Alpha, aliases: [gamma.test]}
  beta: {domain: www.alpha.test, name: Beta, settings: {tagline: Hello}}
  gamma: {domain: alpha.test, state: suspended}
"""
    assert "~ alpha  domain: alpha.test → beta.test" in sync(changed)
    after = listed_sites()
    assert {key: site["id"] for key, site in after.items()} == ids
    assert [after[key]["domain"] for key in ("alpha", "beta", "gamma")] == ["beta.test", "www.alpha.test", "alpha.test"]
    assert after["alpha"]["aliases"] == ["gamma.test"]


def test_pruning_archives_what_is_no_longer_declared_and_touches_no_other_row(sync: Sync) -> None:
    sync(DECLARED)
    two = "\n".join(line for line in DECLARED.splitlines() if "gamma" not in line)
    assert "? gamma" in sync(two)
    assert "suspended, no longer declared" in call("sites", "list")
    boss = Browser("north.test")
    boss.force_login(User.objects.create_superuser("root"))
    assert "no longer declared in the file" in boss.get("/admin/sites/site/").content.decode()
    assert listed_sites()["gamma"]["state"] == "suspended"
    assert "- gamma" in sync(two, "--prune")
    assert {key for key, site in listed_sites().items() if site["state"] != "active"} == {"gamma"}
    assert listed_sites()["gamma"]["state"] == "archived"
    sync(DECLARED.replace("suspended", "active"))
    assert listed_sites()["gamma"]["state"] == "active"


RENAMED = DECLARED.replace("alpha.test, name", "new.test, name").replace("www.alpha.test, ", "")


def test_a_domain_that_is_given_up_is_named(sync: Sync) -> None:
    sync(DECLARED)
    for options in (("--dry-run",), ()):
        output = sync(RENAMED, *options)
        assert "domain: alpha.test → new.test; alpha.test no longer leads here; alias - www.alpha.test" in output
    assert listed_sites()["alpha"]["aliases"] == ["*.alpha.test"]
    # *.alpha.test does not match alpha.test itself.
    assert Browser("alpha.test").get("/").status_code == 404


def test_hosts_are_kept_if_the_operator_says_so_for_as_long_as_she_does(sync: Sync) -> None:
    sync(DECLARED)
    assert "domain: alpha.test → new.test; alias + alpha.test" in sync(RENAMED, "--keep-hosts")
    kept = {"*.alpha.test": False, "alpha.test": True, "www.alpha.test": True}
    assert listed_sites()["alpha"]["redirects"] == kept
    for host in ("alpha.test", "www.alpha.test"):
        assert Browser(host).get("/x/").headers["Location"] == "http://new.test/x/"
    assert "Sites: 3 unchanged." in sync(RENAMED, "--keep-hosts")
    taken = RENAMED.replace("beta.test", "alpha.test")
    assert "~ beta  domain: beta.test → alpha.test; alias + beta.test" in sync(taken, "--keep-hosts")
    assert listed_sites()["alpha"]["aliases"] == ["*.alpha.test", "www.alpha.test"]
    assert "alias - www.alpha.test" in sync(taken)


@pytest.mark.parametrize(
    ("text", "options", "named"),
    [
        ("sites: {a: {domain: a..b}}", (), "sites.a.domain"),
        ("sites: {a: {domain: a.test, name: 2026-02-30}}", (), "'2026-02-30' is not a valid timestamp; quote it"),
        (r'sites: {a: {domain: a.test, name: "N\0orth"}}', (), "sites.a.name: The name must be a text in one line"),
        (r'sites: {a: {domain: a.test, settings: {own: "\0"}}}', (), "sites.a.settings: 'own': must not contain NUL"),
        ("sites: {a: {domain: north.test}}", (), "sites.a.domain: north.test is already the domain of North"),
        ("sites: {a: {domain: www.north.test}}", (), "www.north.test is already an alias of North"),
        ("sites: {a: {domain: a.test, aliases: [SOUTH.test]}}", (), "south.test is already the domain of South"),
        ("sites: {a: {domain: a.test}, b: {domain: A.test.}}", (), "Duplicate host a.test"),
        ("sites: {a: {domain: a.test}, b: {domain: b.test, aliases: [a.test]}}", (), "Duplicate host a.test"),
        ("sites: [{key: a, domain: a.test}, {key: a, domain: b.test}]", (), "Duplicate key a"),
        ("sites: {north: {domain: north.test}}", (), "--adopt"),
        ("sites: {new: {domain: new.test}}", ("--prune",), "3 of 3"),
        ("sites: {alpha: {domain: alpha.test}}", ("--prune",), "2 of 3"),
        ("sites: {alpha: {domain: alpha.test}}", ("--prune", "--max-prune=1"), "2 of 3"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    sync: Sync, text: str, options: tuple[str, ...], named: str
) -> None:
    sync(DECLARED)
    before = listed_sites()
    with pytest.raises(CommandError) as refused:
        sync(text, *options)
    assert named in str(refused.value)
    assert refused.value.returncode == 2
    assert listed_sites() == before


def test_a_file_that_is_not_there(added: dict[str, int]) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.yaml cannot be read"):
        call("sync_sites", "/nowhere.yaml")


def test_a_file_that_is_not_text(added: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "sites.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="cannot be read"):
        call("sync_sites", str(tmp_path / "sites.yaml"))


def test_adopting_takes_over_a_site_of_the_same_key(sync: Sync, added: dict[str, int]) -> None:
    sync("sites: {north: {domain: north.test, name: Declared}}", "--adopt")
    assert (listed_sites()["north"]["id"], listed_sites()["north"]["name"]) == (added["north"], "Declared")


def test_every_fault_is_named_in_one_run_whatever_finds_it(sync: Sync) -> None:
    text = """
other: 1
sites:
  a: {domain: south.test}
  b: {domain: b.test, colour: red, theme: nosuch}
  north: {domain: c.test}
"""
    with pytest.raises(CommandError) as error:
        sync(text)
    for place in ("other:", "sites.a.domain:", "sites.b.colour:", "sites.b.theme:", "sites.north:"):
        assert f"  {place}" in str(error.value)


def test_json_names_what_differs(sync: Sync) -> None:
    sync(DECLARED)
    changed = DECLARED.replace("name: Alpha", "name: First").replace("gamma:", "delta:").replace("gamma.", "delta.")
    for options in (("--dry-run",), ()):
        assert json.loads(sync(changed, "--json", *options)) == {
            "added": ["delta"],
            "changed": {"alpha": ["name: Alpha → First"]},
            "archived": [],
            "undeclared": ["gamma"],
            "unchanged": 1,
            "dry_run": bool(options),
        }


def test_a_large_file_prints_a_summary(sync: Sync) -> None:
    text = "sites:\n" + "".join(f"  s{number}: {{domain: s{number}.test}}\n" for number in range(200))
    lines = sync(text).splitlines()
    assert lines[-2:] == ["... and 150 more; -v 2 prints all", "Sites: 200 added."]
    assert len(lines) == 52


def test_queries_do_not_grow_with_each_site(sync: Sync) -> None:
    def queries(count: int, name: str) -> int:
        sites = "".join(
            f"  {name}{n}: {{domain: {name}{n}.test, aliases: [www.{name}{n}.test]}}\n" for n in range(count)
        )
        with CaptureQueriesContext(connection) as captured:
            sync(f"sites:\n{sites}")
        return len(captured)

    assert queries(100, "a") - queries(10, "b") <= 2


def test_a_site_that_is_no_longer_declared_is_marked_until_it_is_declared_again(sync: Sync) -> None:
    sync(DECLARED)
    two = "\n".join(line for line in DECLARED.splitlines() if "gamma" not in line)
    sync(two, "--dry-run")
    assert SiteProfile.objects.get(key="gamma").managed_by == "file"
    sync(two)
    assert SiteProfile.objects.get(key="gamma").managed_by == "gone"
    assert "? gamma" in sync(two)
    assert "suspended, no longer declared" in call("sites", "list")
    boss = Browser("north.test")
    boss.force_login(User.objects.create_superuser("root"))
    assert "no longer declared in the file" in boss.get("/admin/sites/site/").content.decode()
    assert "~ gamma  declared again" in sync(DECLARED)
    assert SiteProfile.objects.get(key="gamma").managed_by == "file"


def test_hosts_are_locked_before_anything_is_read(sync: Sync) -> None:
    with CaptureQueriesContext(connection) as captured:
        sync(DECLARED)
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    lock = next(place for place, sql in enumerate(statements) if "tenancy_epoch" in sql and sql.startswith("SELECT"))
    assert not any("django_site" in sql or "tenancy_alias" in sql for sql in statements[:lock])
    # SQLite has one writer at a time, from the transaction's first statement on.
    assert (
        "FOR UPDATE" in statements[lock] or settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    )
