"""Mail, cache and database as real servers see them: encryption, credentials with special characters, options."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.support.commands import manage, managed
from tests.support.postgresql import PostgreSQL
from tests.support.programs import free_port, program, running

pytestmark = pytest.mark.process
USER, PASSWORD = "me@x.test", "p@ss/w#rd?%"
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
SEND = ("sendtestemail", "you@x.test")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder


class Mailbox:
    """What arrived: the recipients, and whether the connection was encrypted and signed in."""

    def __init__(self) -> None:
        self.arrived: list[tuple[list[str], bool, bool]] = []

    async def handle_DATA(self, _: Any, session: Any, envelope: Any) -> str:
        self.arrived.append((envelope.rcpt_tos, session.ssl is not None, bool(session.authenticated)))
        return "250 OK"


def sign_in(_: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))


@contextmanager
def smtp_server(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port, authenticator=sign_in, **options)
    server.start()
    try:
        yield mailbox, port
    finally:
        server.stop()


def context(certificates: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificates / "server.pem")
    return made


def test_mail_without_encryption() -> None:
    with smtp_server() as (mailbox, port):
        managed(*SEND, EMAIL_URL=f"smtp://127.0.0.1:{port}")
    assert mailbox.arrived == [(["you@x.test"], False, False)]


def test_mail_with_starttls(certificates: Path) -> None:
    with smtp_server(tls_context=context(certificates), require_starttls=True) as (mailbox, port):
        managed(*SEND, EMAIL_URL=f"smtp+tls://{LOGIN}@127.0.0.1:{port}", SSL_CERT_FILE=certificates / "ca.pem")
        refused = manage(*SEND, EMAIL_URL=f"smtp+tls://{LOGIN}@127.0.0.1:{port}")
    assert mailbox.arrived == [(["you@x.test"], True, True)]
    assert "certificate verify failed" in refused.stderr


@pytest.mark.parametrize("scheme", ["smtp+ssl", "smtps"])
def test_mail_with_tls(scheme: str, certificates: Path) -> None:
    # The server's library does not see that the connection is encrypted, so it would refuse the credentials.
    with smtp_server(ssl_context=context(certificates), auth_require_tls=False) as (mailbox, port):
        managed(*SEND, EMAIL_URL=f"{scheme}://{LOGIN}@127.0.0.1:{port}", SSL_CERT_FILE=certificates / "ca.pem")
    ((recipients, _, signed_in),) = mailbox.arrived
    assert (recipients, signed_in) == (["you@x.test"], True)


@pytest.mark.service("redis")
def test_a_cache_with_a_user_and_tls(certificates: Path, tmp_path: Path) -> None:
    port = free_port()
    options = [f"tls-port {port}", "port 0", "bind 127.0.0.1", 'save ""', f"dir {tmp_path}", "tls-auth-clients no"]
    options += [f"tls-{kind}-file {certificates / 'server.pem'}" for kind in ("cert", "key")]
    options += [f"tls-ca-cert-file {certificates / 'ca.pem'}"]
    options += ["user default off", f'user {USER} on ">{PASSWORD}" ~* +@all']
    (tmp_path / "redis.conf").write_text("\n".join(options))
    code = "from django.core.cache import cache; from app.tenancy.current import use_site\n"
    code += "with use_site(1):\n    cache.set('a', 'kept')\n    print(cache.get('a'))"
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    managed("migrate", "-v0", DATABASE_URL=database)
    with running([str(program("redis-server")), str(tmp_path / "redis.conf")], port=port, log=tmp_path / "log"):
        url = f"rediss://{LOGIN}@127.0.0.1:{port}/3?ssl_ca_certs={certificates / 'ca.pem'}"
        assert managed("shell", "-v0", "-c", code, CACHE_URL=url, DATABASE_URL=database).strip() == "kept"


@pytest.mark.service("postgresql")
def test_options_of_postgresql_are_added_to_the_products_own(postgresql: PostgreSQL) -> None:
    code = "from django.db import connection\nwith connection.cursor() as c:\n    for name in ('statement_timeout',"
    code += " 'search_path', 'application_name'):\n        c.execute(f'SHOW {name}')\n        print(c.fetchone()[0])"
    url = f"{postgresql.url()}?options=-csearch_path%3Dmine&application_name=mine"
    assert managed("shell", "-v0", "-c", code, DATABASE_URL=url).split() == ["30s", "mine", "mine"]
    url = f"{postgresql.url()}?options=-c%20statement_timeout%3D5000"
    assert managed("shell", "-v0", "-c", code, DATABASE_URL=url).split()[0] == "5s"
