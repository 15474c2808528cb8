"""An app of `EXTRA_APPS`, as a project of its own: what it declares is used, and what is wrong with it is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.commands import manage, managed
from tests.support.http import request
from tests.support.server import serving, settings_in

pytestmark = pytest.mark.process

EVENTS = {
    "__init__.py": "",
    "apps.py": """
from app.extension import SiteAppConfig

class EventsConfig(SiteAppConfig):
    name = "events"
    url_prefix = "events/"
    health_checks = ("events.hooks.Calendar",)
    metrics = ("events.hooks.metrics",)
    panels = ("events.hooks.panel",)

    @classmethod
    def read_settings(cls, env):
        return {"EVENTS_PER_PAGE": env.int("EVENTS_PER_PAGE", 20)}
""",
    "models.py": """
from django.db import models
from app.tenancy.models import SiteRelated

class Event(SiteRelated):
    title = models.CharField(max_length=50)
""",
    "urls.py": """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from events.models import Event

def show(request):
    titles = ", ".join(Event.objects.values_list("title", flat=True)[: settings.EVENTS_PER_PAGE])
    return HttpResponse(f"{request.tenancy.site.name}: {titles}")

urlpatterns = [path("", show)]
""",
    "hooks.py": """
import dataclasses
from django.utils.html import format_html
from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning
from prometheus_client.core import GaugeMetricFamily
from events.models import Event

@dataclasses.dataclass(repr=False)
class Calendar(HealthCheck):
    name = "calendar"

    def run(self):
        raise ServiceWarning("the calendar is empty")

def metrics():
    yield GaugeMetricFamily("events_stored", "Events.", value=Event.all_sites.count())

def panel(request):
    return format_html("<p>{} events</p>", Event.objects.count())
""",
}
SITE_KEY = "    site = models.ForeignKey('sites.Site', models.CASCADE)\n"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {**settings_in(tmp_path), "PYTHONPATH": str(tmp_path), "EXTRA_APPS": "events"}


def write(folder: Path, files: Mapping[str, str], name: str = "events") -> None:
    for path, text in files.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def refused(settings: Mapping[str, str], *command: str) -> str:
    """What a process says that does not start."""
    done = manage(*(command or ("check",)), **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_an_app_declares_is_used(tmp_path: Path, settings: dict[str, str]) -> None:
    write(tmp_path, EVENTS)
    managed("makemigrations", "events", "-v0", **settings)
    managed("migrate", "-v0", **settings)
    for name in ("north", "south"):
        managed("sites", "add", f"{name}.example", "--name", name.title(), **settings)
        script = f"from events.models import Event\nfor n in (1, 2): Event(title=f'{name} {{n}}').save()"
        managed("shell", f"--site={name}.example", "-v0", "-c", script, **settings)
    with serving(tmp_path, **settings, EVENTS_PER_PAGE="1", HEALTH_TOKEN="token-of-this-test") as server:
        assert server.request("/events/", host="north.example").body == "North: north 1"
        assert server.request("/events/", host="south.example").body == "South: south 1"
        report = server.request("/healthz?format=json", headers={"Authorization": "Bearer token-of-this-test"})
        assert '"calendar": "Warning: the calendar is empty"' in report.body
        assert "events_stored 4.0" in request(server.metrics_port, "/metrics").body


def test_its_panel_is_on_the_overview(tmp_path: Path, settings: dict[str, str]) -> None:
    write(tmp_path, EVENTS)
    managed("makemigrations", "events", "-v0", **settings)
    managed("migrate", "-v0", **settings)
    script = """
from django.contrib.auth import get_user_model
from django.test import Client
root = get_user_model().objects.create_superuser("root", "root@example.org")
client = Client(headers={"host": "localhost"})
client.force_login(root)
print("1 events" in client.get("/admin/").text, "<p>0 events</p>" in client.get("/admin/").text)
"""
    assert managed("shell", "--site=localhost", "-v0", "-c", script, **settings).splitlines()[-1] == "False True"


def test_a_panel_that_fails_is_a_message_and_the_overview_is_shown(tmp_path: Path, settings: dict[str, str]) -> None:
    write(tmp_path, {**EVENTS, "hooks.py": EVENTS["hooks.py"].replace("<p>{} events", "<p>{0.gone} events")})
    managed("makemigrations", "events", "-v0", **settings)
    managed("migrate", "-v0", **settings)
    script = """
from django.contrib.auth import get_user_model
from django.test import Client
client = Client(headers={"host": "localhost"})
client.force_login(get_user_model().objects.create_superuser("root", "root@example.org"))
response = client.get("/admin/")
print(response.status_code, "events.hooks.panel failed" in response.text, "twitter-panel" in response.text)
"""
    output = managed("shell", "--site=localhost", "-v0", "-c", script, **settings)
    assert output.splitlines()[-1] == "200 True True"
    assert "The panel events.hooks.panel failed" in output


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "EXTRA_APPS: There is no module 'events' on the Python path."),
        (
            {"apps.py": "import nothing_there"},
            "The app 'events' needs the module 'nothing_there', which is not installed",
        ),
        ({"apps.py": "1 / 0"}, "The app 'events' cannot be imported: ZeroDivisionError: division by zero"),
        ({"apps.py": "class"}, "The app 'events' cannot be imported: SyntaxError"),
        ({"models.py": "1 / 0"}, "The app 'events' of EXTRA_APPS cannot start: ZeroDivisionError: division by zero"),
        (
            {"apps.py": EVENTS["apps.py"] + "\n    def ready(self):\n        raise RuntimeError('no calendar')\n"},
            "The app 'events' of EXTRA_APPS cannot start: RuntimeError: no calendar",
        ),
        (
            {"apps.py": EVENTS["apps.py"].replace("EVENTS_PER_PAGE", "SECRET_KEY", 1)},
            "EXTRA_APPS: The setting 'SECRET_KEY' of the app 'events' exists already.",
        ),
        (
            {"apps.py": EVENTS["apps.py"].replace('url_prefix = "events/"', 'requires = ">=0.0.1,<0.1"')},
            "EXTRA_APPS: The app 'events' needs Colonnade >=0.0.1,<0.1, and this is ",
        ),
        (
            {"apps.py": EVENTS["apps.py"].replace('url_prefix = "events/"', 'requires = "0.1 or so"')},
            "EXTRA_APPS: The app 'events': requires = '0.1 or so' is not a range of versions such as '>=0.1,<0.3'.",
        ),
        (
            {"apps.py": EVENTS["apps.py"].replace('"EVENTS_PER_PAGE":', '"per_page":')},
            "EXTRA_APPS: The setting 'per_page' of the app 'events' is not in capital letters.",
        ),
    ],
)
def test_no_process_starts_with_it(
    tmp_path: Path, settings: dict[str, str], files: dict[str, str], message: str
) -> None:
    if files:
        write(tmp_path, {**EVENTS, **files})
    assert message in refused(settings)


def test_a_bad_value_of_its_settings_is_named_with_all_others(tmp_path: Path, settings: dict[str, str]) -> None:
    write(tmp_path, EVENTS)
    message = refused({**settings, "EVENTS_PER_PAGE": "many", "SITE_ID": "first"})
    assert "EVENTS_PER_PAGE: Not a valid integer." in message
    assert "SITE_ID: Not a valid integer." in message


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"apps.py": EVENTS["apps.py"].replace('"events/"', '"admin/events/"')}, "belongs to the platform (admin/)"),
        ({"apps.py": EVENTS["apps.py"].replace('"events/"', '"events"')}, "must end with a slash"),
        ({"apps.py": EVENTS["apps.py"].replace("hooks.panel", "hooks.gone")}, "panels of an app cannot be imported"),
        (
            {"apps.py": EVENTS["apps.py"].replace('("events.hooks.panel",)', '("events.hooks.panel")')},
            "panels of events is a text. It must be a tuple; is a comma missing?",
        ),
        ({"models.py": EVENTS["models.py"].replace("(SiteRelated)", "(models.Model)") + SITE_KEY}, "tenancy.E001"),
        ({"models.py": EVENTS["models.py"] + "    every = models.Manager()\n"}, "tenancy.E003"),
        ({"templates/admin/base_site.html": ""}, "Its template admin/base_site.html is never used"),
    ],
)
def test_check_names_it(tmp_path: Path, settings: dict[str, str], files: dict[str, str], message: str) -> None:
    write(tmp_path, {**EVENTS, **files})
    done = manage("check", "--fail-level=WARNING", **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert message in done.stderr


def renamed(text: str) -> str:
    for old, new in (("events.", "talks."), ('"events"', '"talks"'), ("EVENTS_", "TALKS_")):
        text = text.replace(old, new)
    return text


def test_two_apps_with_one_prefix_are_named(tmp_path: Path, settings: dict[str, str]) -> None:
    write(tmp_path, EVENTS)
    write(tmp_path, {path: renamed(text) for path, text in EVENTS.items()}, "talks")
    done = manage("check", **{**settings, "EXTRA_APPS": "events,talks"})
    assert "The url_prefix 'events/' is also that of events ('events/')" in done.stderr
