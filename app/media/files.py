"""Files follow their rows: written before the row, removed when it is rolled back, and after it was deleted."""

from __future__ import annotations

import errno
import logging
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from app.media.availability import storage_request

log = logging.getLogger(__name__)
#: What a storage raises when it cannot do what it should: a disk, or S3.
STORAGE_ERRORS = (OSError, BotoCoreError, ClientError)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Written:
    """Files of a row that is not committed yet; they are removed unless `keep()` is called.

    Pass `keep` to `transaction.on_commit()`, and keep no other reference: a rollback, of a savepoint too, forgets the
    callback, and with it this object. `discard()` is for an error that is at hand.
    """

    def __init__(self, replaces: str = "") -> None:
        """`replaces` is a folder that is removed when these files are kept."""
        self.names: list[str] = []
        self.replaces = replaces
        self._end = weakref.finalize(self, remove, self.names)

    def keep(self) -> None:
        self._end.detach()
        if self.replaces:
            remove_folder(self.replaces)

    def discard(self) -> None:
        self._end()

    def write(self, folder: str, files: Mapping[str, Any]) -> None:
        """Stores files; raises `ValidationError` with a message for the one who uploads."""
        with storage_errors():
            for name, content in files.items():
                path = f"{folder}/{name}"
                self.names.append(path)  # before it is there: a full disk leaves a part of a file
                file = content if isinstance(content, File) else ContentFile(content)
                with storage_request(default_storage):
                    stored = default_storage.save(path, file)
                if stored != path:
                    self.names.append(stored)
                    raise FileExistsError(path)

    def copy(self, folder: str, target: str) -> None:
        """Copies all files of a folder."""
        with storage_errors():
            for name in names_in(folder):
                with default_storage.open(f"{folder}/{name}") as file:
                    self.write(target, {name: File(file)})


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turns an error of the storage into a `ValidationError` that says what to do."""
    try:
        yield
    except STORAGE_ERRORS as error:
        log.exception("The storage of media failed")
        if getattr(error, "errno", None) in FULL:
            message = _("There is no space left for files. Nothing was saved. Tell the people who run this platform.")
        else:
            message = _("Files cannot be stored at the moment. Nothing was saved. Try again in a few minutes.")
        raise ValidationError(message, code="storage") from None


def names_in(folder: str) -> list[str]:
    try:
        with storage_request(default_storage):
            return default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []


def remove(names: list[str]) -> None:
    """Removes files that no row has. An error is logged: it must not undo what was committed."""
    for name in names:
        try:
            with storage_request(default_storage):
                default_storage.delete(name)
        except STORAGE_ERRORS:
            log.exception("A file of no row stays in the storage: %s", name)


def remove_folder(folder: str) -> None:
    """Removes all files of a row, those from before its focal point was moved too."""
    try:
        names = names_in(folder)
    except STORAGE_ERRORS:
        log.exception("The files of a deleted row stay in the storage: %s", folder)
        return
    remove([*(f"{folder}/{name}" for name in names), folder])
