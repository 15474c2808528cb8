"""The certificate authorities of this machine, for `sslrootcert=system` of libpq.

psycopg brings an OpenSSL of its own, whose folder of authorities exists on no machine: without a word from us it trusts
none. Python knows where the machine has them.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE, FOLDERS = "SSL_CERT_FILE", "SSL_CERT_DIR"
SYSTEM = "system"
#: How OpenSSL finds a certificate in a folder: by a hash of its subject.
HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def use_those_of_this_machine(options: Mapping[str, str]) -> None:
    """Names them to libpq's OpenSSL, if a connection with these options asks for them.

    Sets the environment of this process, so call it before there are threads. `SSL_CERT_FILE` and `SSL_CERT_DIR` of the
    operator stay as they are: if one is set, only what they name is trusted.
    """
    asked = options.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
    # A service file, which only libpq reads, may ask for them.
    service = options.get("service") or os.environ.get("PGSERVICE")
    if not (asked == SYSTEM or service) or os.environ.get(FILE) or os.environ.get(FOLDERS):
        return
    found = ssl.get_default_verify_paths()
    for name, path in ((FILE, found.cafile), (FOLDERS, found.capath)):
        if path:
            os.environ[name] = path


def as_pem() -> bytes:
    """The certificates that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, for a program on another machine.

    Empty if there are none. Raises `OSError` if a file cannot be read.
    """
    return b"\n".join(path.read_bytes() for path in _files())


def _files() -> Iterable[Path]:
    named = os.environ.get(FILE)
    if named and Path(named).is_file():
        yield Path(named)
    for folder in os.environ.get(FOLDERS, "").split(os.pathsep):
        if folder and Path(folder).is_dir():
            yield from sorted(path for path in Path(folder).iterdir() if HASHED.fullmatch(path.name))
