"""The demo on a server of its own, and its pages by theme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.databases import collected_static, demo_in
from tests.support.server import serving

#: Theme → its demo site, and an address of each type of page.
PAGES = {
    "portico": ("harbour", {"home": "/", "page": "/boats/", "post": "/blog/rudern-im-nebel/", "list": "/blog/"}),
    "atrium": ("north", {"home": "/", "page": "/about/", "post": "/blog/forty-apple-trees/", "list": "/blog/"}),
    "journal": (
        "south",
        {"home": "/", "page": "/market/", "post": "/blog/the-tram-stop-moves-forty-metres/", "list": "/blog/"},
    ),
}


@contextmanager
def served_demo() -> Iterator[int]:
    """The port of a server with the demo and the collected static files, which ends with the block."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, **demo_in(folder), **collected_static()) as server:
            yield server.port
