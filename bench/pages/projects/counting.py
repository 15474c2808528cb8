"""`python -m bench.pages.projects.counting MODULE:NAME FILE`: an application in this process, without a server.

Each line `N` on standard input sends the next N requests of FILE (`bench.pages.load.write`). The answer is one line
of JSON: the Python and C function calls of each request, the statuses, and the body of the last response.
"""

from __future__ import annotations

import cProfile
import gc
import importlib
import io
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def environ_of(request: str) -> dict[str, Any]:
    """What gunicorn makes of a request."""
    first, *lines = request.split("\r\n")
    method, path, _ = first.split(" ")
    headers = [line.split(": ", 1) for line in lines if line]
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.partition("?")[0],
        "RAW_URI": path,
        "QUERY_STRING": path.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_SOFTWARE": "counting",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers},
    }


def respond(application: Application, environ: dict[str, Any]) -> tuple[str, bytes]:
    started: list[str] = []
    chunks = application(environ, lambda status, *_: started.append(status))
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return started[-1], body


def calls_of(application: Application, environ: dict[str, Any]) -> tuple[int, str, bytes]:
    """The function calls of one request, its status and body."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        status, body = respond(application, environ)
    finally:
        profile.disable()
    # Without `disable` itself.
    return sum(entry.callcount for entry in profile.getstats()) - 1, status, body


def load(name: str) -> Application:
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute.removesuffix("()"))
    application: Application = found() if attribute.endswith("()") else found
    return application


def main(name: str, file: str) -> None:
    # The product logs to standard output.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    application = load(name)
    requests: Iterator[str] = itertools.cycle(Path(file).read_bytes().decode().split("\0"))
    for line in sys.stdin:
        gc.collect()
        gc.disable()
        counted = [calls_of(application, environ_of(next(requests))) for _ in range(int(line))]
        gc.enable()
        calls, statuses, bodies = zip(*counted, strict=True)
        answers.write(json.dumps({"calls": calls, "statuses": statuses, "body": bodies[-1].decode(errors="replace")}))
        answers.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
