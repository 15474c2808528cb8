"""wrk: one short round of requests over 16 connections, with the hosts in turn."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import program

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("rotate.lua")


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request as wrk sends it."""

    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.host}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""])


@dataclass(frozen=True, slots=True)
class Load:
    """What one round measured."""

    requests: int
    seconds: float
    refused: int
    """Responses with a status above 399."""
    broken: int
    """Connections that failed, and responses that did not come."""
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def write(requests: Sequence[Request], file: Path) -> Path:
    """The file that `run` sends."""
    file.write_bytes(b"\0".join(str(request).encode() for request in requests))
    return file


def run(port: int, file: Path, *, seconds: float, first: int = 0, connections: int = CONNECTIONS) -> Load:
    """Raises `RuntimeError` if wrk fails. wrk counts in whole seconds."""
    command = [str(program("wrk")), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(file), str(first)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    line = next((line for line in done.stdout.splitlines() if line.startswith("BENCH ")), None)
    if done.returncode != 0 or line is None:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    requests, duration, refused, broken, p50, p99 = map(int, line.split()[1:])
    return Load(requests, duration / 1e6, refused, broken, p50 / 1e3, p99 / 1e3)
