"""The settings of a site: what commands refuse, and what its pages show, on two sites."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from pytest_django import Settings

from app.accounts.models import User
from app.tenancy.directory import directory
from app.tenancy.models import SiteProfile
from app.tenancy.sites.values.analytics import PROVIDERS
from app.tenancy.sites.values.shown import OWN_SETTINGS
from tests.support.commands import call
from tests.support.makers import Browser
from tests.themes.conftest import MakeThemes, put_on

LOGO = f"/media/{'0a' * 16}/mark-1200x300.png"
GOOD: dict[str, tuple[Any, Any]] = {  # given, stored
    "tagline": ("  Open to all ", "Open to all"),
    "language": ("pt-BR", "pt-br"),
    "time_zone": ("Europe/Berlin", "Europe/Berlin"),
    "logo": (LOGO, {"url": LOGO}),
    "footer": ('<p onclick="x()">Hi <script>x()</script></p>', "<p>Hi </p>"),
    "social": ({"github": "https://github.com/north", "x": ""}, {"github": "https://github.com/north"}),
    "analytics": ({"provider": "plausible", "domain": "north.test"}, {"provider": "plausible", "domain": "north.test"}),
    "messages": ({"suspended": {"title": "Back in May", "text": ""}}, {"suspended": {"title": "Back in May"}}),
}
BAD: list[tuple[str, Any, str]] = [
    ("tagline", "x" * 201, "tagline: must have at most 200 characters; it has 201."),
    ("tagline", "a\nb", "tagline: must be a text in one line."),
    ("language", "German", "'German' is not a language; must be a code such as en, de, fr, es. Did you mean de?"),
    ("time_zone", "Berlin", "Did you mean Europe/Berlin?"),
    ("time_zone", "../etc/passwd", "is not a time zone"),
    ("logo", "https://elsewhere.test/logo.png", "logo: must be the address of a public picture"),
    ("logo", {"url": LOGO, "link": "x"}, "logo: 'link' is unknown; must be one of url, alt."),
    ("footer", "<p>" + "x" * 5000, "footer: must have at most 5000 characters"),
    ("footer", 5, "footer: must be a text of HTML."),
    ("social", {"myspace": "https://myspace.com/n"}, "social: 'myspace' is unknown; must be one of mastodon, "),
    ("social", {"x": "http://x.com/n"}, "social: x: must be a full address that begins with https://."),
    ("social", {"x": "javascript:alert(1)"}, "social: x: must be a full address"),
    ("analytics", {"provider": "google"}, "analytics: provider: must be one of plausible, matomo, "),
    ("analytics", {"provider": "plausible"}, "analytics: domain: must be the domain as Plausible has it"),
    ("analytics", {"provider": "matomo", "host": "a b", "site_id": "1"}, "analytics: host: 'a b' is not a host"),
    ("analytics", {"provider": "matomo", "host": "evil.test", "site_id": "1"}, "host: evil.test is not a host of the"),
    ("analytics", {"provider": "goatcounter", "host": "https://evil.test/"}, "one of stats.test (ANALYTICS_HOSTS)"),
    ("analytics", {"provider": "fathom", "site_id": '"><script>'}, "analytics: site_id: must be the id"),
    ("analytics", {"provider": "goatcounter"}, "analytics: code: missing; it or host must be given."),
    ("messages", {"active": {}}, "messages: 'active' is unknown; must be one of suspended, archived."),
    ("messages", {"archived": {"title": "x" * 101}}, "messages: archived: must have at most 100 characters"),
]
BASE = """{% load tenancy %}<html>{% site_colours %}{% with s=site_settings %}
{{ s.tagline }}|{{ s.language }}|{{ s.time_zone }}|{{ s.footer }}|\
{{ s.logo.url }}|{{ s.logo.width }}x{{ s.logo.height }}|\
{{ s.logo.alt }}|{% for one in s.social %}{{ one.service }}={{ one.label }}={{ one.url }}{% endfor %}
{% endwith %}</html>"""


def set_value(name: str, value: Any) -> None:
    call("sites", "set", "north.test", "--setting", f"{name}={json.dumps(value)}")


def stored(site: Site) -> dict[str, Any]:
    settings: dict[str, Any] = SiteProfile.objects.get(site=site).settings
    return settings


def shown(host: str) -> str:
    return Browser(host).get("/x/").content.decode().splitlines()[1]


def test_values_are_stored_in_one_spelling_which_is_accepted_again(north: Site) -> None:
    assert set(GOOD) == set(OWN_SETTINGS)
    for name, (given, kept) in GOOD.items():
        for value in (given, kept):
            set_value(name, value)
            assert stored(north)[name] == kept
            set_value(name, None)
    assert GOOD.keys().isdisjoint(stored(north))


def test_a_footer_with_pictures_is_stored_without_their_sizes(north: Site, with_themes: MakeThemes) -> None:
    """With all its sizes a picture takes about a thousand characters."""
    with_themes({"bare": {"templates/404.html": BASE}})
    put_on(north, "bare")
    footer = "".join(f'<figure><img src="{LOGO}" alt="Partner {number}"></figure>' for number in range(20))
    set_value("footer", footer)
    assert len(stored(north)["footer"]) < 2500
    set_value("footer", f"{stored(north)['footer']}<p>Hi</p>")
    page = shown("north.test")
    assert (page.count("<picture>"), "1200w" in page, "<p>Hi</p>" in page) == (20, True, True)


def test_a_value_that_is_no_longer_allowed_keeps_nobody_from_changing_others(north: Site) -> None:
    old = {"language": "xx", "apps": ["gone"], "footer": "<p>" + "x" * 6000}
    SiteProfile.objects.filter(site=north).update(settings=old)
    set_value("tagline", "Open to all")
    profile = SiteProfile.objects.get(site=north)
    profile.settings["tagline"] = "Open"
    profile.save()
    assert stored(north) == {**old, "tagline": "Open"}
    with pytest.raises(CommandError):
        set_value("language", "xy")


def test_bad_values_are_refused_with_what_is_wrong(north: Site, settings: Settings) -> None:
    settings.ANALYTICS_HOSTS = ["stats.test"]
    before = stored(north)
    for name, value, fault in BAD:
        with pytest.raises(CommandError) as error:
            set_value(name, value)
        assert fault in str(error.value), name
        assert error.value.returncode == 2
    assert stored(north) == before


def test_all_faults_are_named_and_code_that_saves_a_profile_is_refused(north: Site) -> None:
    profile = SiteProfile.objects.get(site=north)
    profile.settings = {"language": "xx", "time_zone": "Moon/Sea", "own": 1}
    with pytest.raises(ValidationError) as error:
        profile.save()
    assert [message.partition(":")[0] for message in error.value.messages] == ["language", "time_zone"]


def test_pages_show_the_settings_of_their_own_site(north: Site, south: Site, with_themes: MakeThemes) -> None:
    with_themes({"bare": {"templates/404.html": BASE}})
    for site in (north, south):
        put_on(site, "bare")
    for name, (given, _) in GOOD.items():
        set_value(name, given)
    small = LOGO.replace("1200x300", "640x160")
    wanted = f"Open to all|pt-br|Europe/Berlin|<p>Hi </p>|{small}|640x160|North|github=GitHub=https://github.com/north"
    for _ in range(2):  # the second round comes from what the process keeps
        assert shown("north.test") == wanted
        assert shown("south.test") == "|en|UTC|||x||"


SCRIPTS: list[tuple[dict[str, str], str, str]] = [  # analytics, part of the element, sources
    (
        {"provider": "plausible", "domain": "north.test"},
        'src="https://plausible.io/js/script.js"',
        "script-src https://plausible.io; connect-src https://plausible.io",
    ),
    (
        {"provider": "matomo", "host": "https://Stats.test/", "site_id": "7"},
        'data-host="https://stats.test" data-site="7"',
        "script-src https://stats.test; connect-src https://stats.test; img-src https://stats.test",
    ),
    (
        {"provider": "umami", "website_id": "4fb7fa4c-5b46-438d-94b3-3a8fb9bc2e8b", "host": "stats.test"},
        'src="https://stats.test/script.js"',
        "script-src https://stats.test; connect-src https://stats.test",
    ),
    (
        {"provider": "goatcounter", "code": "north"},
        'data-goatcounter="https://north.goatcounter.com/count"',
        "script-src https://gc.zgo.at; connect-src https://north.goatcounter.com",
    ),
    (
        {"provider": "fathom", "site_id": "ABCDEFGH"},
        'data-site="ABCDEFGH"',
        "script-src https://cdn.usefathom.com; connect-src https://cdn.usefathom.com; "
        "img-src https://cdn.usefathom.com",
    ),
    (
        {"provider": "cloudflare", "token": "0a" * 16},
        "data-cf-beacon=",
        "script-src https://static.cloudflareinsights.com; connect-src https://cloudflareinsights.com",
    ),
]


def added_sources(response: Any) -> str:
    """What a policy allows besides the sources of every site."""
    found = []
    for directive in response.headers["Content-Security-Policy"].split("; "):
        name, *sources = directive.split()
        own = [source for source in sources if source.startswith("https:")]
        found += [f"{name} {' '.join(own)}"] if own else []
    return "; ".join(sorted(found))


def test_analytics_are_on_the_pages_of_the_site_and_in_their_policy(
    north: Site, south: Site, root: User, with_themes: MakeThemes, settings: Settings
) -> None:
    settings.ANALYTICS_HOSTS = ["stats.test"]
    with_themes({"bare": {"templates/404.html": "{% load tenancy %}<html>{% analytics %}{% preview_bar %}</html>"}})
    for site in (north, south):
        put_on(site, "bare")
    editor = Browser("north.test")
    editor.login(username="root", password="root")
    for given, part, sources in SCRIPTS:
        set_value("analytics", given)
        visited = Browser("north.test").get("/x/")
        assert part in visited.content.decode()
        assert added_sources(visited) == "; ".join(sorted(sources.split("; ")))
        assert "<script" not in editor.get("/x/").content.decode()
        for other in (editor.get("/admin/"), Browser("south.test").get("/x/")):
            assert added_sources(other) == ""
            assert part not in other.content.decode()
    # Another site that the editor looks at under this address.
    editor.post("/admin/switch-site/", {"site_id": south.pk, "next": "/admin/"})
    assert "<script" not in editor.get("/x/").content.decode()
    set_value("analytics", {})
    assert "<script" not in Browser("north.test").get("/x/").content.decode()


@pytest.mark.parametrize("provider", ["plausible", "matomo", "umami", "goatcounter"])
def test_no_page_runs_a_script_of_a_host_that_the_platform_does_not_list(
    north: Site, with_themes: MakeThemes, settings: Settings, provider: str
) -> None:
    """Such as the one of an attacker, or one that was listed when it was stored."""
    settings.ANALYTICS_HOSTS = ["stats.test"]
    with_themes({"bare": {"templates/404.html": "{% load tenancy %}<html>{% analytics %}</html>"}})
    keys = {"domain": "north.test", "site_id": "7", "website_id": "4fb7fa4c-5b46-438d-94b3-3a8fb9bc2e8b"}
    known = {key: value for key, value in keys.items() if key in PROVIDERS[provider].keys}
    stored = {"analytics": {"provider": provider, "host": "evil.test", **known}}
    SiteProfile.objects.filter(site=north).update(theme="bare", settings=stored)
    directory.expire()
    page = Browser("north.test").get("/x/")
    assert "<script" not in page.content.decode()
    assert added_sources(page) == ""
    set_value("tagline", "Open to all")


def test_what_was_stored_without_its_check_has_no_effect(north: Site, with_themes: MakeThemes) -> None:
    with_themes({"bare": {"templates/404.html": BASE}})
    values = dict.fromkeys(GOOD, "<script>alert(1)</script>") | {"footer": "<p>Hi<script>alert(1)</script></p>"}
    SiteProfile.objects.filter(site=north).update(theme="bare", settings=values)
    directory.expire()
    page = Browser("north.test").get("/x/")
    assert "<script" not in page.content.decode()
    assert "<p>Hi</p>" in page.content.decode()
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
