"""Uploads to the real server: one that ends in the middle, and one that is too large."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.support.databases import demo_in
from tests.support.server import Server, serving

ADD, LIST = "/admin/media/mediafile/add/", "/admin/media/mediafile/"
BOUNDARY = "planted-boundary"


@dataclass
class Editor:
    """Nora, signed in at north."""

    server: Server
    session: requests.Session
    host: str

    def get(self, path: str) -> str:
        return self.session.get(f"http://127.0.0.1:{self.server.port}{path}", headers={"Host": self.host}).text

    def token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert found is not None
        return found[1]

    def upload(self, name: str, content: bytes, *, part: float = 1) -> str:
        """What the server answers to an upload of which this part arrives."""
        fields = [("csrfmiddlewaretoken", "", self.token(ADD).encode()), ("uploads", f'; filename="{name}"', content)]
        body = b"".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for field, more, value in fields
        )
        body += f"--{BOUNDARY}--\r\n".encode()
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.session.cookies)
        head = (
            f"POST {ADD} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {cookies}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            connection.sendall(head.encode() + body[: int(len(body) * part)])
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("media")
    demo_in(folder)
    with serving(folder, MEDIA_MAX_MB="1") as server:
        found = Editor(server, requests.Session(), "north.localhost")
        found.session.headers["Referer"] = "http://north.localhost/"
        form = {"csrfmiddlewaretoken": found.token("/admin/login/"), "username": "nora", "password": "nora"}
        address = f"http://127.0.0.1:{server.port}/admin/login/"
        found.session.post(address, form, headers={"Host": found.host}, allow_redirects=False)
        yield found


def stored(editor: Editor) -> set[str]:
    folder = Path(editor.server.settings["MEDIA_ROOT"])
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_it_works(editor: Editor) -> None:
    assert editor.upload("whole.txt", b"a" * 300_000).startswith("HTTP/1.1 302")
    assert "whole.txt" in stored(editor)


def test_an_upload_that_ends_in_the_middle_leaves_nothing(editor: Editor) -> None:
    before = stored(editor)
    assert " 302 " not in editor.upload("cut.txt", b"b" * 300_000, part=0.5).partition("\r\n")[0]
    assert stored(editor) == before
    assert ">cut<" not in editor.get(LIST)


def test_an_upload_that_is_too_large_has_a_message(editor: Editor) -> None:
    before = stored(editor)
    assert "large.txt: This file is larger than 1 MB." in editor.upload("large.txt", b"c" * 9_000_000)
    assert stored(editor) == before
