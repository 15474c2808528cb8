"""The command line, as an operator types it: each call is a process of its own on a database file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import services

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("commands") / "filled.sqlite3"
    assert services.manage("migrate", "-v0", DATABASE_URL=f"sqlite:///{database}").returncode == 0
    for domain, key, alias in (("north.test", "north", "www.north.test"), ("south.test", "south", "www.south.test")):
        arguments = ("sites", "add", domain, "--name", key.title(), "--key", key, "--alias", alias)
        made = services.manage(*arguments, DATABASE_URL=f"sqlite:///{database}")
        assert made.returncode == 0, made.stderr
    return database


@pytest.fixture
def run(filled: Path, tmp_path: Path) -> Run:
    """`manage.py` on a copy of a database with north (2) and south (3)."""
    database = tmp_path / "copy.sqlite3"
    database.write_bytes(filled.read_bytes())

    def manage(*arguments: str, stdin: str | None = None, **env: object) -> subprocess.CompletedProcess[str]:
        return services.manage(*arguments, stdin=stdin, **{"DATABASE_URL": f"sqlite:///{database}", **env})

    return manage


def sites(run: Run) -> dict[str, dict[str, Any]]:
    return {site["key"]: site for site in json.loads(run("sites", "list", "--json").stdout)}


def refused(result: subprocess.CompletedProcess[str], words: str) -> None:
    """A clear line on stderr, exit status 2, no traceback."""
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_sites_are_listed_as_promised(run: Run) -> None:
    assert sites(run)["north"] == {
        "id": 2, "key": "north", "domain": "north.test", "name": "North", "state": "active",
        "aliases": ["www.north.test"], "theme": "",
    }  # fmt: skip
    assert "www.north.test" in run("sites", "list").stdout


def test_a_site_is_added_changed_and_closed(run: Run) -> None:
    made = run(
        "sites", "add", "BÜCHER.example", "--name", "Books", "--alias", "*.books.test", "--theme", "portico", "--json"
    )
    assert json.loads(made.stdout)["domain"] == "xn--bcher-kva.example"
    assert json.loads(made.stdout)["aliases"] == ["*.books.test"]
    assert run("sites", "alias", "bücher.example", "books.example", "--no-redirect").returncode == 0
    assert run("sites", "alias", "bücher.example", "*.books.test", "--remove").returncode == 0
    for action, state in (("suspend", "suspended"), ("archive", "archived"), ("activate", "active")):
        assert run("sites", action, "books.example").returncode == 0
        shown = json.loads(run("sites", "show", "bücher.example", "--json").stdout)
        assert (shown["state"], shown["aliases"]) == (state, ["books.example"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "north.test"), "already the domain of North"),
        (("add", "NORTH.test."), "already the domain of North"),
        (("add", "www.north.test"), "already an alias of North"),
        (("add", "new.test", "--alias", "South.Test"), "already the domain of South"),
        (("add", "new.test", "--alias", "new.test"), "own domain"),
        (("add", "new.test", "--key", "north"), "Duplicate key north: north.test has it"),
        (("add", "new.test", "--key", "My_Key"), "not a key"),
        (("add", "new.test", "--colour", "red"), "colour"),
        (("add", "a..b"), "not a valid domain"),
        (("add", "https://New.Test/"), "its domain is new.test"),
        (("add", "new.test", "--theme", "nosuch"), "must be one of portico"),
        (("add", "new.test:8000"), "has a port"),
        (("add", "x" * 300), "longer than"),
        (("add", "new.test", "--name", "n" * 51), "50"),
        (("alias", "north.test", "*.org"), "two labels"),
        (("alias", "north.test", "www.south.test"), "already an alias of South"),
        (("alias", "north.test", "never.test", "--remove"), "not an alias"),
        (("alias", "nowhere.test", "x.test"), "no site 'nowhere.test'"),
        (("show", "999"), "no site '999'"),
        (("suspend", "a..b"), "no site 'a..b'"),
    ],
)
def test_what_cannot_be_done_to_sites(run: Run, arguments: tuple[str, ...], words: str) -> None:
    before = run("sites", "list", "--json").stdout
    refused(run("sites", *arguments), words)
    assert run("sites", "list", "--json").stdout == before


def test_a_site_is_found_anywhere_on_the_command_line(run: Run) -> None:
    show = "import os; from app.tenancy.current import current_site as c;"
    show += "print(c().domain, os.environ['MEZZANINE_SITE_ID'])"
    for arguments in (
        ("--site=2", "shell", "-v0", "-c", show),
        ("shell", "--site=north.test", "-v0", "-c", show),
        ("shell", "-v0", "-c", show, "--site", "WWW.north.test."),
    ):
        assert run(*arguments).stdout.split() == ["north.test", "2"], run(*arguments).stderr
    assert run("shell", "-v0", "-c", show, MEZZANINE_SITE_ID=3).stdout.split() == ["south.test", "3"]


def test_without_a_site_a_command_has_none(run: Run) -> None:
    result = run("shell", "-v0", "-c", "from app.pages.models import Page; Page.objects.count()")
    assert "NoCurrentSite" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sites", "list", "--site=99"), "no site '99'"),
        (("sites", "list", "--site=nowhere.test"), "no site 'nowhere.test'"),
        (("sites", "list", "--site="), "--site needs"),
        (("sites", "list", "--site"), "--site needs"),
        (("sites", "list", "--site=2", "--all-sites"), "not both"),
    ],
)
def test_an_unknown_site(run: Run, arguments: tuple[str, ...], words: str) -> None:
    refused(run(*arguments), words)


def test_all_sites_runs_once_per_active_site_and_one_failure_stops_no_other(run: Run) -> None:
    assert run("sites", "suspend", "south.test").returncode == 0
    show = "from app.tenancy.current import current_site as c; print(c().domain)"
    assert run("shell", "--all-sites", "-v0", "-c", show).stdout.split() == ["localhost", "north.test"]
    result = run("members", "remove", "nobody", "--all-sites")
    assert result.returncode == 2
    assert result.stderr.count("is not a member") == 2


def test_members(run: Run) -> None:
    added = run("members", "add", "ida", "--site=north.test", "--role=Editor", "--create", "--email", "ida@x.test",
                "--password-stdin", stdin="a good long password\n")  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert json.loads(run("members", "list", "--site=2", "--json").stdout) == [
        {"username": "ida", "name": "", "role": "Editor"}
    ]
    assert json.loads(run("members", "list", "--site=3", "--json").stdout) == []
    assert run("members", "add", "ida", "--site=north.test", "--role", "site admin").returncode == 0
    assert json.loads(run("members", "list", "--site=2", "--json").stdout)[0]["role"] == "Site admin"
    assert run("members", "remove", "ida", "--site=2").returncode == 0
    refused(run("members", "remove", "ida", "--site=2"), "not a member")
    refused(run("members", "add", "eve", "--site=2", "--role=Editor"), "--create")
    refused(run("members", "add", "ida", "--site=2", "--role=King"), "There are: Author, Editor, Site admin")
    new = ("members", "add", "eve", "--site=2", "--role=Editor", "--create", "--password-stdin")
    refused(run(*new, stdin="\n"), "no password")
    refused(run("members", "list"), "Which site?")
    assert "eve" not in run("members", "list", "--site=2").stdout


DECLARED = """
sites:
  alpha: {domain: alpha.test, name: Alpha, aliases: [www.alpha.test, {host: "*.alpha.test", redirect: false}]}
  beta: {domain: beta.test, name: Beta, settings: {tagline: Hello}}
  gamma: {domain: gamma.test, state: suspended}
"""


@pytest.fixture
def sync(run: Run, tmp_path: Path) -> Run:
    def sync(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "sites.yaml"
        file.write_text(text, encoding="utf-8")
        return run("sync_sites", str(file), *options)

    return sync


def test_declared_sites_become_rows_once(run: Run, sync: Run) -> None:
    planned = sync(DECLARED, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "+ alpha  alpha.test" in planned.stdout
    assert "alpha" not in sites(run)
    assert sync(DECLARED).returncode == 0
    assert sites(run)["alpha"]["aliases"] == ["*.alpha.test", "www.alpha.test"]
    assert sites(run)["gamma"]["state"] == "suspended"
    again = sync(DECLARED)
    assert "Sites: 3 unchanged." in again.stdout


def test_a_list_and_json_are_taken_as_well(run: Run, sync: Run) -> None:
    assert sync('{"sites": [{"key": "alpha", "domain": "Alpha.Test."}]}').returncode == 0
    assert sites(run)["alpha"]["domain"] == "alpha.test"


def test_two_sites_exchange_their_hosts_and_keep_their_ids(run: Run, sync: Run) -> None:
    sync(DECLARED)
    ids = {key: site["id"] for key, site in sites(run).items()}
    changed = """
sites:
  alpha: {domain: beta.test, name: Alpha, aliases: [gamma.test]}
  beta: {domain: www.alpha.test, name: Beta, settings: {tagline: Hello}}
  gamma: {domain: alpha.test, state: suspended}
"""
    result = sync(changed)
    assert result.returncode == 0, result.stderr
    assert "~ alpha  domain: alpha.test → beta.test" in result.stdout
    after = sites(run)
    assert {key: site["id"] for key, site in after.items()} == ids
    assert [after[key]["domain"] for key in ("alpha", "beta", "gamma")] == ["beta.test", "www.alpha.test", "alpha.test"]
    assert after["alpha"]["aliases"] == ["gamma.test"]


def test_pruning_archives_what_is_declared_no_more_and_touches_no_other_row(run: Run, sync: Run) -> None:
    sync(DECLARED)
    two = "\n".join(line for line in DECLARED.splitlines() if "gamma" not in line)
    kept = sync(two)
    assert "? gamma" in kept.stdout
    assert sites(run)["gamma"]["state"] == "suspended"
    pruned = sync(two, "--prune")
    assert "- gamma" in pruned.stdout
    assert {key: site["state"] for key, site in sites(run).items()} == {
        "site-1": "active", "north": "active", "south": "active", "alpha": "active", "beta": "active",
        "gamma": "archived",
    }  # fmt: skip
    assert sync(DECLARED.replace("suspended", "active")).returncode == 0
    assert sites(run)["gamma"]["state"] == "active"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", (), "nothing is declared"),
        ("[]", (), "nothing is declared"),
        ("sites: {}", (), "empty"),
        ("sites: 3", (), "must be a map by key or a list"),
        ("sites: {a: {domain: a.test", (), "not valid YAML"),
        ("sites: {a: {domain: a.test}, a: {domain: b.test}}", (), "duplicate a"),
        ("sites: {a: {domain: a.test}, b: {domain: A.test.}}", (), "Duplicate host a.test"),
        ("sites: {a: {domain: a.test}, b: {domain: b.test, aliases: [a.test]}}", (), "Duplicate host a.test"),
        ("sites: [{key: a, domain: a.test}, {key: a, domain: b.test}]", (), "Duplicate key a"),
        ("sites: {a: {domain: a.test, colour: red}}", (), "sites.a.colour"),
        ("sites: {a: {domain: a.test, state: gone}}", (), "sites.a.state"),
        ("sites: {a: {domain: a.test, domian: b.test}}", (), "sites.a.domian: unknown field"),
        ("sites: {a: {name: A}}", (), "sites.a.domain: missing"),
        ("sites: {a: {domain: 7}}", (), "must be text; quote it"),
        ("sites: {a: {domain: 'a.test:80'}}", (), "has a port"),
        ("sites: {A b: {domain: a.test}}", (), "sites.A b.key"),
        ("sites: {a: {domain: a.test, aliases: ['*']}}", (), "sites.a.aliases: '*' is not a valid alias"),
        (
            "sites: {a: {domain: a.test, aliases: [{host: b.test, redirect: perhaps}]}}",
            (),
            "sites.a.aliases[0].redirect must be true or false",
        ),
        ("sites: {a: {domain: north.test}}", (), "north.test is already the domain of North"),
        ("sites: {a: {domain: www.north.test}}", (), "www.north.test is already an alias of North"),
        ("sites: {a: {domain: a.test, aliases: [SOUTH.test]}}", (), "south.test is already the domain of South"),
        ("sites: {north: {domain: north.test}}", (), "--adopt"),
        ("sites: {new: {domain: new.test}}", ("--prune",), "would archive 3 of 3"),
        ("sites: {alpha: {domain: alpha.test}}", ("--prune",), "would archive 2 of 3"),
        ("sites: {alpha: {domain: alpha.test}}", ("--prune", "--max-prune=1"), "would archive 2 of 3"),
        ("sites: {a: {domain: a.test}}\nother: 1", (), "other: unknown"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    run: Run, sync: Run, text: str, options: tuple[str, ...], words: str
) -> None:
    assert sync(DECLARED).returncode == 0
    before = run("sites", "list", "--json").stdout
    refused(sync(text, *options), words)
    assert run("sites", "list", "--json").stdout == before


def test_a_file_that_is_not_there(run: Run) -> None:
    refused(run("sync_sites", "/nowhere.yaml"), "cannot be read")


def test_every_fault_of_a_file_is_told_at_once(sync: Run) -> None:
    result = sync("sites: {a: {domain: a..b, state: gone}, b: {colour: red}}")
    for place in ("sites.a.domain", "sites.a.state", "sites.b.domain", "sites.b.colour"):
        assert place in result.stderr


def test_adopting_takes_over_a_site_of_the_same_key(run: Run, sync: Run) -> None:
    assert sync("sites: {north: {domain: north.test, name: Declared}}", "--adopt").returncode == 0
    assert (sites(run)["north"]["id"], sites(run)["north"]["name"]) == (2, "Declared")


def test_the_demo_leaves_other_peoples_sites_alone(run: Run) -> None:
    before = run("sites", "list", "--json").stdout
    refused(run("demo"), "The key north belongs to north.test")
    assert run("sites", "list", "--json").stdout == before
    assert "localhost" in run("demo", "--if-empty").stdout
    assert run("sites", "list", "--json").stdout == before


def test_the_demo_is_made_once(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'demo.sqlite3'}"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return services.manage(*arguments, DATABASE_URL=database)

    run("migrate", "-v0")
    first = run("demo", "--if-empty")
    assert first.returncode == 0, first.stderr
    assert "http://harbour.localhost:8000/" in first.stdout
    made = sites(run)
    assert [site["domain"] for site in made.values()] == ["north.localhost", "south.localhost", "harbour.localhost"]
    assert [site["aliases"] for site in made.values()] == [[f"www.{site['domain']}"] for site in made.values()]
    for editor, domain in (("nora", "north.localhost"), ("nora", "harbour.localhost"), ("sam", "south.localhost")):
        assert f"{editor} " in run("members", "list", f"--site={domain}").stdout
    counted = ("shell", "-v0", "-c", "from app.pages.models import Page; print(Page.all_sites.count())")
    pages = run(*counted).stdout
    assert int(pages) >= 9
    assert run("demo").returncode == 0
    assert sites(run) == made
    assert run(*counted).stdout == pages
