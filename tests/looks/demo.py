"""The demo on a server of its own, and its pages by theme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.commands import managed
from tests.support.server import serving, settings_in

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
        env = {
            **settings_in(folder),
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings",
            "COLLECTED_STATIC": str(folder / "static"),
        }
        for command in (["migrate", "--verbosity=0"], ["demo"], ["collectstatic", "--noinput"]):
            managed(*command, **env)
        with serving(folder, **env) as server:
            yield server.port
