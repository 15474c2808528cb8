"""Style sheets and scripts as the image serves them: made once, kept for ever."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace

import brotli
import pytest

from tests.image.engine import Container, Platform, build
from tests.support.http import Response, visit

pytestmark = [pytest.mark.service("docker")]


@pytest.fixture(scope="module")
def web(released: Platform) -> Iterator[Container]:
    with released.web() as made:
        made.wait_for()
        yield made


@pytest.fixture(scope="module")
def sheet(web: Container) -> str:
    """The style sheet that the home page asks for."""
    found = re.search(r'href="(/static/[^"]+\.css)"', visit(web.port(), "north.localhost").body)
    assert found is not None
    return found[1]


def fetch(web: Container, path: str, host: str = "north.localhost", **headers: str) -> Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return visit(web.port(), host, path, headers=sent)


def test_it_works(web: Container, sheet: str) -> None:
    answer = fetch(web, sheet)

    assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
    assert answer.status == 200
    assert answer.headers["content-type"] == 'text/css; charset="utf-8"'
    assert "immutable" in answer.headers["cache-control"]
    assert int(re.findall(r"max-age=(\d+)", answer.headers["cache-control"])[0]) >= 365 * 24 * 3600
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_it_comes_compressed(web: Container, sheet: str, coding: str) -> None:
    plain, small = fetch(web, sheet), fetch(web, sheet, Accept_Encoding=coding)

    assert small.headers["content-encoding"] == coding
    assert small.headers["vary"] == "Accept-Encoding"
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])


def test_what_is_compressed_is_the_same(web: Container, sheet: str) -> None:
    folder = f"/app{sheet}"
    code = "import base64, sys; print(base64.b64encode(open({!r}, 'rb').read()).decode())"
    plain, br, gz = (base64.b64decode(web.python(code.format(folder + end))) for end in ("", ".br", ".gz"))
    assert brotli.decompress(br) == gzip.decompress(gz) == plain


def test_who_has_it_is_told_so(web: Container, sheet: str) -> None:
    first = fetch(web, sheet)

    assert fetch(web, sheet, If_None_Match=first.headers["etag"]).status == 304
    assert fetch(web, sheet, If_Modified_Since=first.headers["last-modified"]).status == 304


def test_a_part_of_it(web: Container, sheet: str) -> None:
    whole, part = fetch(web, sheet), fetch(web, sheet, Range="bytes=10-19")

    assert (part.status, part.body) == (206, whole.body[10:20])
    assert fetch(web, sheet, Range="bytes=99999999-").status == 416


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/"])
@pytest.mark.parametrize("site", ["north", "south"])
def test_an_unknown_one_is_the_sites_own_404(web: Container, path: str, site: str) -> None:
    answer = fetch(web, path, host=f"{site}.localhost")

    assert answer.status == 404
    assert {"north": "North Valley", "south": "South Quarter"}[site] in answer.body


def test_the_earlier_releases_files_are_still_served(released: Platform) -> None:
    old = "portico/portico.0123456789ab.css"
    earlier = io.BytesIO()
    with tarfile.open(fileobj=earlier, mode="w") as tree:
        for name, text in {
            "staticfiles.json": json.dumps({"paths": {"portico/portico.css": old}}),
            old: "/* of the release before */",
            "portico/carried.aaaaaaaaaaaa.css": "/* of the one before that */",
        }.items():
            entry = tarfile.TarInfo(f"app/static/{name}")
            entry.size = len(text)
            tree.addfile(entry, io.BytesIO(text.encode()))
    subprocess.run(["docker", "import", "-", "colonnade:earlier"], input=earlier.getvalue(), check=True)
    build("colonnade:later", "--build-arg=EARLIER_IMAGE=colonnade:earlier")

    with replace(released, image="colonnade:later").web() as later:
        later.wait_for()
        assert "of the release before" in fetch(later, f"/static/{old}").body
        assert fetch(later, "/static/portico/carried.aaaaaaaaaaaa.css").status == 404
