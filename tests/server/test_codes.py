"""A code of an authenticator app is accepted once, also when several workers get it at the same moment."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile

import requests

from tests.sign_in.factors import code_of
from tests.support.commands import managed
from tests.support.server import Server, serving, settings_in

PASSWORD = "a long enough one for a test"
ACCOUNT = ("members", "add", "ida", "--site=north.example", "--role=Editor", "--create", "--password-stdin")
APP = "/admin/account/factors/app/"


class Person:
    def __init__(self, server: Server) -> None:
        self.server, self.session = server, requests.Session()
        self.session.headers["Host"] = "north.example"

    def get(self, path: str) -> str:
        return self.session.get(f"http://127.0.0.1:{self.server.port}{path}", timeout=20).text

    def post(self, path: str, **fields: str) -> int:
        address = f"http://127.0.0.1:{self.server.port}{path}"
        sent = {**fields, "csrfmiddlewaretoken": self.session.cookies["csrftoken"]}
        return self.session.post(address, sent, allow_redirects=False, timeout=20).status_code

    def sign_in(self) -> None:
        self.get("/admin/login/")
        assert self.post("/admin/login/", username="ida", password=PASSWORD) == 302


def test_two_workers_without_redis(database: Path, tmp_path: Path) -> None:
    copyfile(database, tmp_path / "db.sqlite3")
    settings = settings_in(tmp_path)
    managed(*ACCOUNT, stdin=PASSWORD, **settings)
    with serving(tmp_path, WEB_CONCURRENCY=2, **settings) as server:
        ida = Person(server)
        ida.sign_in()
        assert ida.post("/admin/account/confirm/", password=PASSWORD) == 302
        shown = re.search(r"<code>([A-Z2-7 ]+)</code>", ida.get(APP))
        assert shown is not None
        secret = shown[1].replace(" ", "")
        assert ida.post(APP, code=code_of(secret)) == 302

        people = [Person(server) for _ in range(5)]  # more wrong codes are refused
        for person in people:
            person.sign_in()
        code = code_of(secret, minutes=0.5)
        with ThreadPoolExecutor(len(people)) as pool:
            statuses = list(pool.map(lambda person: person.post("/admin/login/code/", code=code), people))
        assert sorted(statuses) == [200] * 4 + [302]
