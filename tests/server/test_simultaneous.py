"""Editors who work at the same moment, against the real server and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import requests

from app.testing.forms import submitted
from tests.support.commands import managed
from tests.support.databases import migrated_on
from tests.support.postgresql import PostgreSQL, sql
from tests.support.programs import wait_until
from tests.support.server import Server, serving

pytestmark = pytest.mark.service("postgresql")

EDITORS = 6
PASSWORD = "a long enough one for a test"
PAGE = {
    "title": "Same", "slug": "same", "parent": "", "status": "published", "position": "0", "body": "", "in_menus": "on",
    "description": "", "publish_at_0": "", "publish_at_1": "", "expire_at_0": "", "expire_at_1": "",
}  # fmt: skip


class Editor:
    """A person in the admin of one site."""

    def __init__(self, server: Server, host: str, name: str) -> None:
        self.address, self.session = f"http://127.0.0.1:{server.port}", requests.Session()
        self.session.headers["Host"] = host
        assert self.post("/admin/login/", {"username": name, "password": PASSWORD}).status_code == 302

    def post(self, path: str, data: Mapping[str, object]) -> requests.Response:
        self.session.get(self.address + "/admin/login/")  # sets the token's cookie
        sent = {**data, "csrfmiddlewaretoken": self.session.cookies["csrftoken"]}
        return self.session.post(self.address + path, sent, allow_redirects=False, timeout=25)


@pytest.fixture(scope="module")
def url(postgresql: PostgreSQL) -> str:
    url = migrated_on(postgresql)
    for site in ("north.test", "south.test"):
        managed("sites", "add", site, DATABASE_URL=url)
        new = ("--create", "--email=boss@example.test", "--password-stdin") if site == "north.test" else ()
        arguments = ("members", "add", "boss", f"--site={site}", "--role=Site admin", *new)
        managed(*arguments, stdin=PASSWORD, DATABASE_URL=url)
    managed(
        "members", "add", "ida", "--site=south.test", "--role=Author",
        "--create", "--email=ida@example.test", "--password-stdin", stdin=PASSWORD, DATABASE_URL=url,
    )  # fmt: skip
    return url


@pytest.fixture(scope="module")
def server(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"DATABASE_URL": url, "WEB_CONCURRENCY": 1, "WEB_THREADS": EDITORS + 2}
    with serving(tmp_path_factory.mktemp("simultaneous"), **settings) as server:
        yield server


@contextmanager
def locked(url: str, domain: str) -> Iterator[None]:
    """Somebody is saving on this site, and has not finished."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1 FROM tenancy_siteprofile WHERE key = %s FOR UPDATE", [domain.replace(".", "-")])
        yield


def waiting(url: str) -> int:
    return int(sql(url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0][0])


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        ("pages/page", PAGE, "Another page of this site has this address."),
        ("twitter/feed", {"kind": "user", "value": "same", "active": "on", "position": "0"}, "already"),
        ("tenancy/membership", {"username": "ida", "role": "Editor"}, "This person is already a member."),
    ],
)
def test_of_many_saves_for_one_value_one_wins_and_the_rest_get_a_message(
    model: str, data: dict[str, str], message: str, server: Server, url: str
) -> None:
    if "role" in data:
        data = data | {"role": str(sql(url, "SELECT id FROM auth_group WHERE name = 'Editor'")[0][0])}
    editors = [Editor(server, "north.test", "boss") for _ in range(EDITORS)]
    with ThreadPoolExecutor(EDITORS) as threads:
        with locked(url, "north.test"):
            pending = [threads.submit(editor.post, f"/admin/{model}/add/", data) for editor in editors]
            wait_until(lambda: waiting(url) == EDITORS, what="every save has passed its validation")
        responses = [save.result() for save in pending]
    assert sorted(response.status_code for response in responses) == [200] * (EDITORS - 1) + [302]
    assert all(message in response.text for response in responses if response.status_code == 200)


def test_two_editors_cannot_move_two_pages_below_each_other(server: Server, url: str) -> None:
    editors = [Editor(server, "north.test", "boss") for _ in range(2)]
    for slug in ("one", "other"):
        assert editors[0].post("/admin/pages/page/add/", {**PAGE, "title": slug, "slug": slug}).status_code == 302
    rows = sql(url, "SELECT id FROM pages_page WHERE slug IN ('one', 'other') ORDER BY slug")
    (one,), (other,) = rows
    moves = [(one, {**PAGE, "slug": "one", "parent": other}), (other, {**PAGE, "slug": "other", "parent": one})]
    with ThreadPoolExecutor(2) as threads:
        with locked(url, "north.test"):
            pending = [
                threads.submit(editor.post, f"/admin/pages/page/{page}/change/", data)
                for editor, (page, data) in zip(editors, moves, strict=True)
            ]
            wait_until(lambda: waiting(url) == 2, what="both moves have passed their validation")
        responses = [move.result() for move in pending]
    assert sorted(response.status_code for response in responses) == [200, 302]
    assert any("A page cannot be below itself." in response.text for response in responses)


def test_of_two_editors_who_save_one_page_the_second_one_sees_both_texts(server: Server, url: str) -> None:
    editors = [Editor(server, "north.test", "boss") for _ in range(2)]
    assert editors[0].post("/admin/pages/page/add/", {**PAGE, "title": "Both", "slug": "both"}).status_code == 302
    page = sql(url, "SELECT id FROM pages_page WHERE slug = 'both'")[0][0]
    path = f"/admin/pages/page/{page}/change/"
    form = editors[0].session.get(editors[0].address + path).text
    opened = submitted(form, "page_form", title="By one of them")
    with ThreadPoolExecutor(2) as threads:
        with locked(url, "north.test"):
            pending = [threads.submit(editor.post, path, opened) for editor in editors]
            wait_until(lambda: waiting(url) == 2, what="both have sent the form")
        responses = [save.result() for save in pending]
    assert sorted(response.status_code for response in responses) == [200, 302]
    assert any("Stored now: By one of them" in response.text for response in responses)


def test_a_switch_to_a_site_does_not_wait_for_a_save_there(server: Server, url: str) -> None:
    editor = Editor(server, "south.test", "boss")
    north = sql(url, "SELECT id FROM django_site WHERE domain = 'north.test'")[0][0]
    with locked(url, "north.test"):
        response = editor.post("/admin/switch-site/", {"site_id": north, "next": "/admin/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    audited = sql(
        url,
        "SELECT count(*) FROM tenancy_loggedaction action JOIN django_site site ON site.id = action.site_id "
        "JOIN django_admin_log entry ON entry.id = action.entry_id "
        "WHERE site.domain = 'north.test' AND entry.object_repr = 'north.test'",
    )
    assert audited[0][0] == 1


def test_a_save_on_one_site_does_not_wait_for_one_on_another(server: Server, url: str) -> None:
    editor = Editor(server, "south.test", "boss")
    with locked(url, "north.test"):
        assert editor.post("/admin/pages/page/add/", PAGE).status_code == 302
