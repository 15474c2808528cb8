"""The options of a theme: in theme.toml, and on two sites, through HTTP."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.cache import cache

from app.accounts.models import User
from app.tenancy.current import use_site
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.themes.definition import InvalidThemes, read_themes
from tests.support.logs import Lines
from tests.support.makers import Browser, make_north, make_south, page
from tests.support.wsgi import Server
from tests.themes.conftest import STYLE, MakeThemes, choose, styles_of

OPTIONS = """
title = "Night"
[options.accent]
type = "colour"
default = "#112233"
[options.font]
type = "choice"
choices = ["serif", "sans-serif"]
default = "serif"
[options.motto]
type = "text"
default = ""
[options.stars]
type = "switch"
default = true
[options.width]
type = "number"
default = 40
min = 20
max = 60.5
unit = "rem"
"""
PAGE = """{% load tenancy %}<html>{% site_colours %}{% with o=theme_options %}
{{ o.accent }}|{{ o.font }}|{{ o.motto }}|{{ o.stars }}|{{ o.width }}|{{ o.gone }}
{% endwith %}</html>"""
DEFAULTS = "#112233|serif||True|40|"


@pytest.fixture
def night(with_themes: MakeThemes) -> None:
    with_themes({"night": {"theme.toml": OPTIONS, "templates/404.html": PAGE}})


def shown(host: str) -> str:
    return Browser(host).get("/x/").content.decode().split("</style>")[-1].splitlines()[1]


def test_a_site_has_its_own_values_and_another_one_the_defaults(north: Site, south: Site, night: None) -> None:
    choose(north, "night", accent="#ffcc00", motto="Per <b>aspera</b>", stars=False, width=20.5)
    choose(south, "night")
    for _ in range(2):  # the second round comes from what the process keeps
        assert shown("north.test") == "#ffcc00|serif|Per &lt;b&gt;aspera&lt;/b&gt;|False|20.5|"
        assert shown("south.test") == DEFAULTS


def test_they_are_custom_properties_that_the_policy_allows(north: Site, south: Site, night: None) -> None:
    SiteProfile.objects.filter(site=north).update(colour="#2b6a4d")
    choose(north, "night", accent="#ffcc00", motto="</style><script>", stars=False)
    (style,) = styles_of(Browser("north.test").get("/x/"))
    assert style == (
        ":root{--site:#2b6a4d;--site-ink:#ffffff;--site-on-light:#2b6a4d;--site-on-dark:#719b87"
        ";--option-accent:#ffcc00;--option-accent-ink:#000000"
        ";--option-font:serif;--option-stars:0;--option-width:40rem}"
    )
    assert styles_of(Browser("south.test").get("/x/")) != [style]


def test_policy_and_style_agree_on_every_kind_of_page(north: Site, south: Site, root: User, at_north: Browser) -> None:
    page(north, path="/", slug="", title="Home")
    at_north.login(username="root", password="root")
    for options in ({}, {"fill": "#ffcc00", "filled": True}):
        choose(north, "", **options)
        colour = options.get("fill", "#24303c")
        for path in ("/", "/nowhere/", "/admin/", "/admin/sites/site/"):
            assert any(f"--option-fill:{colour}" in style for style in styles_of(at_north.get(path))), path
        for path in ("/", "/admin/login/"):
            assert any(f"--option-fill:{colour}" in style for style in styles_of(Browser("north.test").get(path)))
    SiteProfile.objects.filter(site=north).update(state="suspended")
    directory.expire()
    closed = Browser("north.test").get("/")
    assert closed.status_code == 503
    assert styles_of(closed)


def test_a_stored_page_and_its_policy_agree_too(transactional_db: None) -> None:
    north, south = make_north(), make_south()
    server = Server()
    for site in (north, south):
        page(site, slug="", title="Home")
    before = server.get("north.test")
    choose(north, "", fill="#ffcc00")
    made, stored, other = server.get("north.test"), server.get("north.test"), server.get("south.test")
    assert (made.found, stored.found, stored.queries) == ("fwd=miss; stored", "hit", 0)
    SiteProfile.objects.filter(site=south).update(colour="#2b6a4d", settings={})  # without the blog, as north now
    directory.expire()
    assert server.get("south.test").queries == made.queries  # options cost no query
    for answer in (before, made, stored, other):
        (style,) = STYLE.findall(answer.body.decode())
        digest = b64encode(sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
        assert ("#ffcc00" in style) is (answer in (made, stored))


@pytest.mark.parametrize(
    "stored",
    [
        {"options": {"accent": "red;}</style><script>alert(1)</script>"}},
        {"options": {"font": "serif}</style>"}},
        {"options": {"width": "40rem;}body{display:none"}},
        {"options": {"width": 61, "stars": 1, "motto": "two\nlines", "gone": "x"}},
        {"options": ["accent"]},
        {"options": None},
    ],
)
def test_what_was_stored_without_its_check_has_no_effect(
    north: Site, night: None, stored: dict[str, Any], lines: Lines
) -> None:
    SiteProfile.objects.filter(site=north).update(theme="night", settings=stored)
    directory.expire()
    for _ in range(3):
        assert shown("north.test") == DEFAULTS
    told = [line["event"] for line in lines() if "theme option" in line["event"]]
    assert len(told) == len(set(told))


def test_it_is_logged_once(north: Site, night: None, lines: Lines) -> None:
    choose(north, "night", accent="mauve")
    for _ in range(3):
        shown("north.test")
    (line,) = [line for line in lines() if "theme option" in line["event"]]
    assert line["event"] == ("The theme option accent of a site is not used: 'mauve' must be a colour such as #1f6f5c")


def test_another_theme_keeps_what_is_stored(north: Site, night: None) -> None:
    choose(north, "night", accent="#ffcc00")
    for theme, accent in (("night", True), ("portico", False), ("night", True), ("gone", False)):
        SiteProfile.objects.filter(site=north).update(theme=theme)
        directory.expire()
        content = Browser("north.test").get("/x/").content.decode()
        assert ("--option-accent:#ffcc00" in content) is accent
        assert ("--option-fill" in content) is (theme != "night")


def test_a_theme_has_the_options_of_its_parents_and_may_change_them(north: Site, with_themes: MakeThemes) -> None:
    """A, B, A: the parent changes, and the options with it."""
    child = '\n[options.width]\ndefault = 50\nlabel = "Wide"\n[options.font]\ntype = "text"\ndefault = "any"\n'
    other = 'title = "B"\n[options.width]\ntype = "number"\nunit = "px"\ndefault = 1'
    choose(north, "child", width=30)
    found = []
    for parent in ("a", "b", "a"):
        with_themes(
            {
                "a": {"theme.toml": OPTIONS},
                "b": {"theme.toml": other},
                "child": {"theme.toml": f'title = "Child"\nparent = "{parent}"{child}', "templates/404.html": PAGE},
            }
        )
        found.append(shown("north.test"))
        unit = "px" if parent == "b" else "rem"
        assert f"--option-width:30{unit}" in Browser("north.test").get("/x/").content.decode()
    assert found == ["#112233|any||True|30|", "|any|||30|", "#112233|any||True|30|"]


def test_a_theme_without_a_parent_has_its_own_options_only(tmp_path: Path) -> None:
    for name, more in (("alone", ""), ("child", '\nparent = "portico"')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "theme.toml").write_text(f'title = "T"{more}')
    themes = read_themes([tmp_path])
    assert themes["alone"].options == ()
    assert [option.name for option in themes["child"].options] == [option.name for option in themes["portico"].options]


def test_a_cached_fragment_belongs_to_the_options_too(north: Site, night: None) -> None:
    choose(north, "night")
    with use_site(north):
        cache.set("fragment", "of the defaults")
    choose(north, "night", accent="#ffcc00")
    with use_site(north):
        assert cache.get("fragment") is None


CHOICE = 'type = "choice"\nchoices = ["a", "b"]\ndefault = "a"'
FAULTS = {
    "default = 1": "has no type; must be one of choice, colour, number, switch, text.",
    'type = "font"\ndefault = 1': "has the type 'font'; must be one of choice, colour, number, switch, text.",
    'type = ["text"]\ndefault = 1': "has the type ['text']; must be one of choice, colour, number, switch, text.",
    'type = "text"': "needs a default.",
    'type = "text"\ndefault = 5': "has the default 5, which must be a text in one line, of at most 200 characters.",
    'type = "colour"\ndefault = "red"': "has the default 'red', which must be a colour such as #1f6f5c.",
    'type = "switch"\ndefault = 1': "has the default 1, which must be true or false.",
    'type = "number"\ndefault = 5\nmax = 4': "has the default 5, which must be a number from -1e+06 to 4.",
    'type = "number"\ndefault = nan': "has the default nan, which must be a number from -1e+06 to 1e+06.",
    'type = "number"\ndefault = 5\nmin = 6\nmax = 4': "has a min above its max: 6 and 4.",
    'type = "number"\ndefault = 5\nmin = "6"': "has a min that is not a number from -1000000 to 1000000.",
    'type = "number"\ndefault = 5\nunit = ";}"': "has the unit ';}'; must be one of %, ch, em, px, rem, vh, vw.",
    'type = "choice"\nchoices = ["a", "b"]\ndefault = "c"': "has the default 'c', which must be one of a, b.",
    'type = "choice"\ndefault = "c"': "needs choices: a list of different texts.",
    'type = "choice"\nchoices = ["a", "a"]\ndefault = "a"': "needs choices: a list of different texts.",
    'type = "choice"\nchoices = ["a;}"]\ndefault = "a;}"': (
        "has the choice 'a;}'; use lower-case letters, digits and hyphens."
    ),
    CHOICE + "\nmin = 1": "has the key 'min', which a choice has not.",
    CHOICE + "\nhelp = 1": "has a help that is not a text.",
}


@pytest.mark.parametrize(("table", "fault"), FAULTS.items(), ids=FAULTS.values())
def test_no_process_starts_with_a_faulty_option(tmp_path: Path, table: str, fault: str) -> None:
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "theme.toml").write_text(f'title = "N"\n[options.x]\n{table}')
    (tmp_path / "child").mkdir()
    (tmp_path / "child" / "theme.toml").write_text('title = "C"\nparent = "night"\n[options.x]\nlabel = "X"')
    with pytest.raises(InvalidThemes) as found:
        read_themes([tmp_path])
    assert found.value.problems == [f"night/theme.toml: the option 'x' {fault}"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("options = 5", "night/theme.toml: 'options' is not a table."),
        ("options.x = 5", "night/theme.toml: the option 'x' is not a table."),
        (
            "[options.x-y]",
            "night/theme.toml: the option 'x-y' has no valid name: up to 40 lower-case letters, digits and "
            "underscores, a letter first.",
        ),
    ],
)
def test_a_faulty_table_is_named(tmp_path: Path, options: str, problem: str) -> None:
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "theme.toml").write_text(f'title = "N"\n{options}')
    with pytest.raises(InvalidThemes) as found:
        read_themes([tmp_path])
    assert found.value.problems == [problem]
