"""A server that speaks S3, on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.support.commands import environment
from tests.support.programs import PYTHON, free_port, listens, running, wait_until

BUCKET = "media"


@dataclass(frozen=True, slots=True)
class S3:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """For `STORAGE_URL`."""
        return f"s3+http://AK:planted@127.0.0.1:{self.port}/{BUCKET}?region=us-east-1"

    def names(self, bucket: str = BUCKET) -> set[str]:
        return {found["Key"] for found in self._client().list_objects_v2(Bucket=bucket).get("Contents", [])}

    def make_bucket(self, name: str = BUCKET) -> None:
        self._client().create_bucket(Bucket=name)

    def put(self, name: str, content: bytes) -> None:
        self._client().put_object(Bucket=BUCKET, Key=name, Body=content)

    def _client(self):  # type: ignore[no-untyped-def]  # noqa: ANN202  # boto3 has no types
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="AK",
            aws_secret_access_key="planted",
            region_name="us-east-1",
        )


@contextmanager
def running_s3(folder: Path) -> Iterator[S3]:
    """An empty bucket; yields when the server listens."""
    port = free_port()
    command = [PYTHON, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, port=port, env=environment(), log=folder / "s3.log", what="the S3 server") as process:
        wait_until(lambda: listens(port), what="the S3 server listens")
        server = S3(process, port)
        server.make_bucket()
        yield server
