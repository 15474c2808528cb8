"""Where backups are kept: a folder, or a bucket of S3. Every fault becomes one sentence that names the place."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from app.backups.errors import BackupFailed, BackupRefused
from app.private_files import opener
from app.service_urls import Service

STORAGE_ERRORS = (OSError, BotoCoreError, ClientError, Boto3Error)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DENIED = {errno.EACCES, errno.EPERM}
FULL_CODES = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
MISSING_CODES = {"NoSuchKey", "404"}
PART = ".part"


class MissingFile(BackupFailed):
    """A file that should be there is not."""


@contextmanager
def storage_faults(place: str) -> Iterator[None]:
    """Turns an error of a storage into `BackupFailed`. `place` begins the sentence."""
    try:
        yield
    except STORAGE_ERRORS as error:
        number, code = getattr(error, "errno", None), _code(error)
        if number in FULL or code in FULL_CODES:
            raise BackupFailed(f"{place} is full. Free space there, or use a larger one.") from None
        name = getattr(error, "filename", None) or "a file"
        if number == errno.EROFS:
            raise BackupFailed(f"{place} is not writable ({os.strerror(number)}).") from None
        if number in DENIED:
            raise BackupFailed(f"{place}: no access to {name} ({os.strerror(number)}).") from None
        # A storage raises FileNotFoundError without a number.
        if isinstance(error, FileNotFoundError) or code in MISSING_CODES:
            raise MissingFile(f"{place} has no such file: {name}.") from None
        # Not the text of a library, which may hold an address with a key.
        reason = os.strerror(number) if number else code or type(error).__name__
        raise BackupFailed(f"{place} cannot be used ({reason}). Check that it is there and that it responds.") from None


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


class Place(Protocol):
    """Files by name; a name has slashes. Methods raise `BackupFailed`."""

    label: str

    def refuse_unusable(self) -> None: ...
    def entries(self) -> list[str]: ...
    def folders(self) -> list[str]: ...
    def sizes(self, folder: str) -> dict[str, int]: ...
    def open(self, name: str) -> AbstractContextManager[BinaryIO]: ...
    def write(self, name: str, source: BinaryIO) -> None: ...
    def delete(self, name: str) -> None: ...


class Folder:
    """A new file appears with its whole content, or not at all."""

    def __init__(self, path: Path, label: str = "") -> None:
        self.path = path
        self.label = label or f"The backup target {path}"

    def refuse_unusable(self) -> None:
        """A folder that does not exist is more likely a volume that is not mounted than a wish for a new one."""
        if not self.path.is_dir():
            raise BackupRefused(f"{self.label} does not exist. Mount it, or create the folder.")

    def entries(self) -> list[str]:
        """The names of the files and folders at the top."""
        with storage_faults(self.label):
            return sorted(path.name for path in self.path.iterdir())

    def folders(self) -> list[str]:
        """The names of the folders at the top."""
        with storage_faults(self.label):
            return sorted(path.name for path in self.path.iterdir() if path.is_dir())

    def sizes(self, folder: str) -> dict[str, int]:
        """Every file below a folder, by its name, with its size in bytes; those that are not complete, too."""
        with storage_faults(self.label):
            found = (path for path in (self.path / folder).rglob("*") if path.is_file())
            return {path.relative_to(self.path).as_posix(): path.stat().st_size for path in found}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        with storage_faults(self.label), (self.path / name).open("rb") as file:
            yield file

    def write(self, name: str, source: BinaryIO) -> None:
        path = self.path / name
        part = path.with_name(path.name + PART)
        with storage_faults(self.label):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(part, "wb", opener=opener) as file:
                    shutil.copyfileobj(source, file, 1 << 20)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            except (OSError, BackupFailed):
                with suppress(OSError):  # the first error counts; what stays is removed by the next run
                    part.unlink(missing_ok=True)
                raise

    def delete(self, name: str) -> None:
        path = self.path / name
        with storage_faults(self.label):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty yet
            path.parent.rmdir()


class Bucket:
    """A prefix of a bucket, or the whole of it."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.label = f"The backup target s3://{options['bucket_name']}/{options.get('location', '')}".rstrip("/")
        self.address = (options["endpoint_url"], options["bucket_name"])
        self.prefix = f"{options['location']}/" if options.get("location") else ""
        self._bucket: Any = S3Storage(**options).bucket
        # One thread: a backup may take longer, and has no memory to spare for parts side by side.
        self._transfer = TransferConfig(use_threads=False)

    def refuse_unusable(self) -> None:
        try:
            with storage_faults(self.label):
                self._bucket.meta.client.head_bucket(Bucket=self._bucket.name)
        except MissingFile:
            raise BackupRefused(f"{self.label} does not exist. Create the bucket.") from None

    def entries(self) -> list[str]:
        # The folder itself may be an object: without a name below it.
        return sorted(name.rstrip("/") for name in self._top() if name)

    def folders(self) -> list[str]:
        return sorted(name.rstrip("/") for name in self._top() if name.endswith("/"))

    def _top(self) -> list[str]:
        """The names at the top; those of folders end with a slash."""
        pages = self._bucket.meta.client.get_paginator("list_objects_v2")
        with storage_faults(self.label):
            found = list(pages.paginate(Bucket=self._bucket.name, Prefix=self.prefix, Delimiter="/"))
        keys = [one["Prefix"] for page in found for one in page.get("CommonPrefixes", [])]
        keys += [one["Key"] for page in found for one in page.get("Contents", [])]
        return [key.removeprefix(self.prefix) for key in keys]

    def sizes(self, folder: str) -> dict[str, int]:
        with storage_faults(self.label):
            found = self._bucket.objects.filter(Prefix=f"{self.prefix}{folder}/")
            return {one.key.removeprefix(self.prefix): one.size for one in found}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        with storage_faults(self.label):
            body = self._object(name).get()["Body"]
            try:
                yield body
            finally:
                body.close()

    def write(self, name: str, source: BinaryIO) -> None:
        with storage_faults(self.label):
            self._object(name).upload_fileobj(source, Config=self._transfer)

    def delete(self, name: str) -> None:
        with storage_faults(self.label):
            self._object(name).delete()

    def _object(self, name: str) -> Any:
        return self._bucket.Object(self.prefix + name)


def place_of(target: Service | None) -> Place:
    """The place that BACKUP_TARGET names. Raises `BackupRefused`, `BackupFailed` if it cannot be used."""
    if target is None:
        raise BackupRefused("BACKUP_TARGET is not set. Set it to a folder, or to s3://KEY:SECRET@HOST/BUCKET/PREFIX.")
    options = dict(target.settings["OPTIONS"])
    is_s3 = str(target.settings["BACKEND"]).endswith("S3Storage")
    place: Place = Bucket(options) if is_s3 else Folder(Path(options["location"]))
    place.refuse_unusable()
    return place
