"""The example of docs/extend.md: a project outside of the tree, built from the page and used as it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import render
from tests.support.commands import environment, manage, managed
from tests.support.guide import commands_of, files_of, write_example
from tests.support.http import request
from tests.support.programs import PYTHON, ROOT
from tests.support.server import serving, settings_in

pytestmark = pytest.mark.process

TWO_SITES = """
from django.utils import timezone
from app.tenancy.current import use_site
from app.tenancy.directory import find_site
from app.pages.models import LinkPage
from events.models import Event, EventsPage

day = timezone.timedelta(days=1)
for domain, names in (("harbour.example", ("Regatta", "Fireworks", "Market")), ("school.example", ("Concert",))):
    with use_site(find_site(domain)):
        for number, name in enumerate(names, 1):
            Event(title=name, slug=name.lower(), starts_at=timezone.now() + number * day, place="Pier").save()
        EventsPage(title="News", slug="news", body="<p>Welcome</p>", how_many=1, status="published").save()
        LinkPage(title="Calendar", slug="calendar", target="events.list", status="published").save()
        Event(title="Last year", slug="past", starts_at=timezone.now() - 365 * day).save()
with use_site(find_site("other.example")):
    EventsPage(title="News", slug="news", body="<p>No app here</p>", status="published").save()
"""


@pytest.fixture
def project(tmp_path: Path) -> dict[str, str]:
    """The settings of the example, after all commands of the page."""
    settings = settings_in(tmp_path) | write_example(tmp_path)
    for command in commands_of("extend.md"):
        managed(*shlex.split(command), **settings)
    return settings


def test_its_checks_have_nothing_to_say(project: dict[str, str]) -> None:
    managed("check", "--fail-level=WARNING", **project)
    assert "No changes" in managed("makemigrations", "--check", "--dry-run", **project)


def test_what_it_brings_is_used(tmp_path: Path, project: dict[str, str]) -> None:
    managed("sites", "add", "school.example", "--name", "School", "--app", "events", **project)
    managed("sites", "add", "other.example", "--name", "Other", **project)
    managed("shell", "-v0", "-c", TWO_SITES, **project)
    token = {"Authorization": "Bearer token-of-this-test"}
    with serving(tmp_path, **project, EVENTS_PER_PAGE="2", HEALTH_TOKEN="token-of-this-test") as server:

        def body(path: str, host: str) -> str:
            response = server.request(path, host=host)
            assert response.status == 200, path
            return response.body

        events = body("/events/?page=2", "harbour.example")
        assert "Fireworks" in events
        assert "Concert" not in events
        assert '<table class="events">' in events  # the theme's
        assert server.request("/events/?page=3", host="harbour.example").status == 404
        events = body("/events/", "school.example")
        assert "Concert" in events
        assert '<ul class="events">' in events
        assert "Regatta" in body("/events/regatta/", "harbour.example")
        assert server.request("/events/regatta/", host="school.example").status == 404
        assert server.request("/events/", host="other.example").status == 404
        news = body("/news/", "harbour.example")
        assert "<p>Welcome</p>" in news
        assert "Market" in news
        assert "Regatta" not in news
        assert '<a href="/events/">Calendar</a>' in news
        assert server.request("/calendar/", host="harbour.example").headers["location"] == "/events/"
        off = body("/news/", "other.example")
        assert "<p>No app here</p>" in off
        assert 'class="events"' not in off
        feed = body("/events/feed/", "harbour.example")
        assert "<title>Events of Harbour Festival</title>" in feed
        assert "<author><name>Harbour Festival</name></author>" in feed
        assert "http://harbour.example/events/market/" in feed
        sitemap = body("/sitemap.xml", "harbour.example")
        assert "<loc>http://harbour.example/events/market/</loc>" in sitemap
        assert "/events/" not in body("/sitemap.xml", "other.example")
        report = server.request("/healthz?format=json", headers=token).body
        assert '"calendars": "OK"' in report
        assert "events_stored 6.0" in request(server.metrics_port, "/metrics").body
    assert managed("delete_past_events", "--all-sites", **project).splitlines() == [
        "harbour.example: 1 events deleted",
        "school.example: 1 events deleted",
    ]


def test_the_theme_is_tried_with_the_pages_of_the_app(tmp_path: Path, project: dict[str, str]) -> None:
    shown = managed("themes", "check", "harbour", **project)
    assert "ok    list of events (events/event_list.html of the app events)" in shown
    template = tmp_path / "themes/harbour/templates/events/events.html"
    template.write_text(template.read_text() + '{% url "events:gone" %}')
    done = manage("themes", "check", "harbour", **project)
    assert done.returncode == 1
    assert (
        "FAULT list of events (events/event_list.html of the app events) cannot be shown: NoReverseMatch" in done.stdout
    )


def test_its_own_tests_pass(tmp_path: Path, project: dict[str, str]) -> None:
    command = [PYTHON, "-m", "pytest", "--ds=app.settings", str(tmp_path / "events" / "tests.py")]
    env = environment(**{name: value for name, value in project.items() if name != "DEBUG"})
    options = ("-p", "no:cacheprovider", "-c", str(tmp_path / "none.ini"))
    (tmp_path / "none.ini").write_text("")
    done = subprocess.run([*command, *options], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_its_isolation_is_proved(tmp_path: Path, project: dict[str, str]) -> None:
    proved = isolation(project)
    assert proved.returncode == 0
    covered = r"^Covered: models \d, views \d, admin pages \d+, .*kinds of visitors 6$"
    assert re.search(covered, proved.stdout, re.MULTILINE), proved.stdout
    assert re.search(r"^  events\.Event$", proved.stdout, re.MULTILINE)
    views = tmp_path / "events" / "views.py"
    views.write_text(views.read_text().replace("Event.objects.all()", "Event.all_sites.all()"))
    models = tmp_path / "events" / "models.py"
    models.write_text(models.read_text().replace('Event.objects.order_by("-', 'Event.all_sites.order_by("-'))
    done = isolation(project, "-k", "test_an_address", "--isolation-roles=anonymous")
    assert done.returncode == 1
    assert "Site B's events.Event.title" in done.stdout
    assert re.search(r"view +events:list\n", done.stdout), done.stdout
    # The view of pages is the product's, and shows what the app's kind of page reads.
    assert re.search(r"view +page\n", done.stdout), done.stdout


def isolation(project: dict[str, str], *part: str) -> subprocess.CompletedProcess[str]:
    """The command of the page, for this app, or a part of its tests."""
    command = [PYTHON, "-m", "pytest", "-p", "app.testing", "--pyargs", "app.testing", "--isolation-apps=events"]
    env = {name: value for name, value in project.items() if name != "DEBUG"}
    return subprocess.run(
        [*command, *part, "-p", "no:cacheprovider", "-q"],
        cwd=ROOT,
        env=environment(**env),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_chart_takes_its_values() -> None:
    values = yaml.safe_load(files_of("extend.md")["values.yaml"])
    rendered = render(values)
    pods = [one["spec"]["template"]["spec"] for one in rendered.objects if one["kind"] in ("Deployment", "Job")]
    own = [
        container
        for pod in pods
        for container in pod["containers"]
        if container["image"] == "registry.example.org/agency/websites:1.0"
    ]
    assert len(own) >= 2  # the server and the release job
    for container in own:
        env = {one["name"]: one.get("value") for one in container["env"]}
        assert env | {"EXTRA_APPS": "events", "THEMES_DIRS": "/srv/themes", "EVENTS_PER_PAGE": "10"} == env
    job = rendered.of("CronJob", "demo-colonnade-delete-past-events")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert job["containers"][0]["args"] == ["manage", "delete_past_events", "--all-sites"]
