"""What the tests know of the provider; imports nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.support.commands import environment
from tests.support.programs import PYTHON, free_port, running

CLIENT = ("colonnade", "the secret of colonnade, long enough to be one")


class Provider:
    """A running provider. `url` is its issuer."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self.url = f"http://127.0.0.1:{port}"

    def knows(self, subject: str, **claims: Any) -> None:
        """A person who can sign in there, with these claims."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=20).raise_for_status()

    def faults(self, **changes: Any) -> None:
        """From now on; without any, all is well again."""
        requests.put(f"{self.url}/faults", json=changes, timeout=20).raise_for_status()

    def visit(self, address: str, subject: str, *, action: str = "") -> str:
        """Signs in on the page that the browser was sent to; the path and query that it is sent back to."""
        at = f"{self.url}{urlsplit(address).path}?{urlsplit(address).query}"
        data = {"sub": subject, "action": action}
        response = requests.post(at, data=data, timeout=20, allow_redirects=False)
        assert response.status_code in {302, 303}, response.text
        back = urlsplit(response.headers["Location"])
        return f"{back.path}?{back.query}"


@contextmanager
def running_provider(folder: Path) -> Iterator[Provider]:
    port = free_port()
    command = [PYTHON, "-m", "tests.oidc_provider", str(port)]
    log = folder / "oidc-provider.log"
    with running(command, port=port, env=environment(), log=log, what="the OpenID provider") as process:
        yield Provider(port, process.pid)
