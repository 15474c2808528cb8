"""Hits of redirects, counted by several processes."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from tests.support.commands import managed
from tests.support.programs import wait_until
from tests.support.server import serving, settings_in

ADD = "from app.redirects.models import Redirect; Redirect.objects.create(old_path='/old/', new='/new/')"
SHOW = "from app.redirects.models import Redirect; print(Redirect.objects.get().hits)"


def test_what_a_process_counted_is_written_when_it_ends(tmp_path: Path, database: Path) -> None:
    shutil.copy(database, tmp_path)
    managed("shell", "--site=north.example", "-v0", "-c", ADD, **settings_in(tmp_path))
    with serving(tmp_path) as server:
        for _ in range(20):
            response = server.request("/old/?x=1", host="north.example")
            assert (response.status, response.headers["Location"]) == (301, "/new/")
        first, second = server.workers()
        os.kill(first, signal.SIGTERM)
        wait_until(lambda: first not in server.workers() and server.serves(), what="another worker serves")
        assert second in server.workers()
    assert managed("shell", "--site=north.example", "-v0", "-c", SHOW, **settings_in(tmp_path)) == "20\n"
