"""With PostgreSQL and its own programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from app.backups.postgresql import DUMP, DUMP_LINES, HEAD
from tests.backups.conftest import Deployment
from tests.support.databases import migrated_on
from tests.support.postgresql import PostgreSQL, made_postgresql, sql
from tests.support.programs import program as find

pytestmark = pytest.mark.service("postgresql")


def test_it_works(with_postgresql: Deployment, server: PostgreSQL, tmp_path: Path) -> None:
    here = with_postgresql
    use = "from tests.support.used import make_used_database; make_used_database()"
    assert here.run("shell", "-v0", "-c", use).returncode == 0
    name, before = here.backup(), here.rows()
    assert here.run("sites", "add", "late.test").returncode == 0
    new = replace(here, url=server.url(server.create_database()), media=tmp_path / "new")
    done = new.run("restore", name)
    assert done.returncode == 0, done.stderr
    assert (new.rows(), new.files()) == (before, here.files())
    open_functions = (
        "SELECT proname FROM pg_proc WHERE starts_with(proname, 'same_site_') "
        "AND has_function_privilege('pg_monitor', oid, 'EXECUTE')"
    )
    assert sql(new.url, open_functions) == []
    assert new.run("restore").returncode == 2


#: Of an app beside ours: names that have to be quoted, one name in two schemas, partitions, and an extension.
OF_OTHERS = """
CREATE SCHEMA "other (x)";
CREATE TABLE "other (x)"."a "" table" (n int); INSERT INTO "other (x)"."a "" table" SELECT generate_series(1, 3);
CREATE TABLE "other (x)".pages_page (n int); INSERT INTO "other (x)".pages_page VALUES (1);
CREATE TABLE "Log.s" (n int) PARTITION BY RANGE (n);
CREATE TABLE logs_1 PARTITION OF "Log.s" FOR VALUES FROM (1) TO (5); INSERT INTO "Log.s" VALUES (1), (2);
CREATE PUBLICATION everything FOR ALL TABLES;
"""
#: A table that an extension brings, with rows of the extension and of its users, as spatial_ref_sys of PostGIS.
EXTENSION = """
CREATE EXTENSION pg_trgm;
CREATE SCHEMA extra; CREATE TABLE extra.systems (n int); GRANT ALL ON SCHEMA extra TO PUBLIC;
GRANT ALL ON extra.systems TO PUBLIC; INSERT INTO extra.systems VALUES (1), (2);
ALTER EXTENSION pg_trgm ADD SCHEMA extra; ALTER EXTENSION pg_trgm ADD TABLE extra.systems;
UPDATE pg_extension SET extconfig = ARRAY['extra.systems'::regclass], extcondition = ARRAY['WHERE n > 2']
  WHERE extname = 'pg_trgm';
"""


def test_tables_of_others_and_a_role_that_is_no_superuser(
    with_postgresql: Deployment, server: PostgreSQL, tmp_path: Path
) -> None:
    here, database = with_postgresql, server.create_database()
    new = replace(here, url=server.url(database), media=tmp_path / "new")
    sql(server.url(), "CREATE ROLE restores LOGIN")
    sql(server.url(), f"ALTER DATABASE {database} OWNER TO restores")
    sql(here.url, OF_OTHERS)
    for one in (here, new):
        sql(one.url, EXTENSION)
    sql(here.url, "INSERT INTO extra.systems VALUES (3)")
    here.backup()
    rows = json.loads(here.run("backups", "--json").stdout)[0]["rows"]
    found = [rows[name] for name in ('"other (x)"."a "" table"', '"other (x)".pages_page', "public.logs_1")]
    assert (found, rows["extra.systems"]) == ([3, 1, 2], 1)

    done = replace(new, url=new.url.replace("postgres@", "restores@")).run("restore")
    assert done.returncode == 0, done.stderr
    assert new.rows() == here.rows()
    assert sql(new.url, "SELECT count(*) FROM extra.systems") == [(3,)]


def test_row_security_hides_no_row_from_a_backup(server: PostgreSQL, tmp_path: Path) -> None:
    """The pods' role would see no rows of any site."""
    url = server.url(server.create_database())
    pods = url.replace("postgres@", "backups_pods:secret@")
    (tmp_path / "target").mkdir()
    here = Deployment(pods, tmp_path / "media", str(tmp_path / "target"))
    on = {"DATABASE_ROW_SECURITY": "true"}
    assert here.run("release", MIGRATE_DATABASE_URL=url, **on).returncode == 0
    assert here.run("sites", "add", "north.test", **on).returncode == 0
    refused = here.run("backup", **on)
    assert (refused.returncode, "MIGRATE_DATABASE_URL" in refused.stderr) == (2, True)
    here.backup(MIGRATE_DATABASE_URL=url, **on)

    new = server.url(server.create_database())
    restored = replace(here, url=new.replace("postgres@", "backups_pods:secret@"))
    done = restored.run("restore", MIGRATE_DATABASE_URL=new, **on)
    assert done.returncode == 0, done.stderr
    assert replace(here, url=new).rows() == replace(here, url=url).rows()
    assert "north.test" in restored.run("sites", "list", **on).stdout


def test_a_restore_whose_release_fails(with_postgresql: Deployment, server: PostgreSQL, tmp_path: Path) -> None:
    """Everything is loaded by then, so the status is not that of a refusal."""
    here = with_postgresql
    here.backup()
    database = server.create_database()
    sql(server.url(), "CREATE ROLE owns LOGIN")
    sql(server.url(), f"ALTER DATABASE {database} OWNER TO owns")
    new = replace(here, url=server.url(database).replace("postgres@", "owns@"), media=tmp_path / "new")
    work = tmp_path / "work"
    work.mkdir()
    assert new.run("restore", "--prepare", str(work)).returncode == 0
    subprocess.run(["sh", str(work / "load.sh")], check=True)
    # The owner may not create the role of the pods.
    pods = {"DATABASE_URL": new.url.replace("owns@", "backups_absent:x@"), "MIGRATE_DATABASE_URL": new.url}
    done = new.run("restore", "--finish", str(work), DATABASE_ROW_SECURITY="true", **pods)
    assert (done.returncode, "All rows and files are restored, but `release` failed: " in done.stderr) == (1, True)
    owners = {sql(one.url, "SELECT deployment FROM backups_backuprecord")[0][0] for one in (here, new)}
    assert len(owners - {""}) == 2
    assert new.run("restore", "--finish", str(work)).returncode == 0
    # Neither the dump nor the password stays.
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("program", "status", "words"),
    [
        ("", 2, "There is no pg_dump on PATH. Install postgresql-client-"),
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", 2, "pg_dump has version 9, and the server "),
        (
            'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo half > database; '
            "echo 'pg_dump: error: connection lost' >&2; exit 1;; esac",
            1,
            "The dump failed: pg_dump: error: connection lost",
        ),
        (
            'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo half > database;; esac',
            1,
            "The dump failed: pg_restore: ",
        ),
    ],
)
def test_a_dump_that_cannot_be_made(
    with_postgresql: Deployment, tmp_path: Path, program: str, status: int, words: str
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if program:
        (folder / "pg_dump").write_text(f"#!/bin/sh\n{program}\n")
        (folder / "pg_dump").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}" if program else str(folder)
    done = with_postgresql.run("backup", PATH=path)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    assert done.stderr.count("\n") == 1
    assert with_postgresql.names() == []


END_CONNECTIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'"


def test_a_connection_that_is_ended_during_the_dump(
    with_postgresql: Deployment, server: PostgreSQL, tmp_path: Path
) -> None:
    """A dump takes hours, and a firewall ends connections that nobody uses."""
    end = END_CONNECTIONS.format(with_postgresql.url.rpartition("/")[2].partition("?")[0])
    dump, psql, ended = find("pg_dump"), find("psql"), tmp_path / "ended"
    also = f'case "$1" in --version) ;; *) {psql} -Atc "{end}" "{server.url()}" > {ended};; esac'
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pg_dump").write_text(f'#!/bin/sh\n{also}\nexec {dump} "$@"\n')
    (tmp_path / "bin" / "pg_dump").chmod(0o755)
    name = with_postgresql.backup(PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert int(ended.read_text()) > 0
    assert with_postgresql.names() == [name]


def test_a_dump_that_ends_within_a_row(tmp_path: Path) -> None:
    """The sign of the failure must not become a part of that row."""
    (tmp_path / "bin").mkdir()
    for program, line in (("pg_dump", "true"), ("pg_restore", r"printf 'COPY public.a (n) FROM stdin;\n1'; exit 1")):
        (tmp_path / "bin" / program).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / program).chmod(0o755)
    (tmp_path / DUMP).write_text(HEAD.replace("{password}", "x") + DUMP_LINES)
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["sh", str(tmp_path / DUMP)], env=env, check=False)
    assert (done.returncode, (tmp_path / "rows").exists()) == (1, False)


def test_a_password_is_on_no_command_line(with_postgresql: Deployment, server: PostgreSQL, tmp_path: Path) -> None:
    """In a cluster another container runs the script: it gets the connection in files of this user alone."""
    sql(server.url(), "CREATE ROLE backups_owner LOGIN SUPERUSER PASSWORD 'it''s planted '")
    here = replace(with_postgresql, url=with_postgresql.url.replace("postgres@", "backups_owner:it%27s%20planted%20@"))
    work = tmp_path / "work"
    work.mkdir()
    assert here.run("backup", "--prepare", str(work)).returncode == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in work.iterdir())
    assert "planted" not in (work / "service").read_text()
    assert "PGPASSWORD='it'\"'\"'s planted '" in (work / "dump.sh").read_text()
    early = here.run("backup", "--finish", str(work))
    assert (early.returncode, "has no complete dump" in early.stderr) == (1, True)


# --- a server that proves who it is ---

#: Python's own start: it finds the test's authorities where it would find those of the machine.
FINDS = """
import ssl
ssl.get_default_verify_paths = lambda: ssl.DefaultVerifyPaths({file!r}, {folder!r}, "", "", "", "")
"""


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, trustme.CA]:
    folder, authority = tmp_path_factory.mktemp("authorities"), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    (folder / "hashed").mkdir()
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(folder / "ca.pem")]
    name = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    shutil.copy(folder / "ca.pem", folder / "hashed" / f"{name}.0")
    return folder, authority


@pytest.fixture(scope="module")
def with_tls(authorities: tuple[Path, trustme.CA]) -> Iterator[PostgreSQL]:
    with made_postgresql(ssl="on", ssl_cert_file="server.pem", ssl_key_file="server.pem") as server:
        path = server.folder / "data" / "server.pem"
        authorities[1].issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
        path.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")
        server.start()
        yield server


@pytest.mark.parametrize(("file", "folder"), [("ca.pem", None), (None, "hashed"), ("other.pem", "hashed")])
@pytest.mark.parametrize("variable", [False, True])
def test_the_authorities_of_the_machine_are_those_of_the_database_and_of_its_dump(
    with_tls: PostgreSQL,
    authorities: tuple[Path, trustme.CA],
    tmp_path: Path,
    file: str | None,
    folder: str | None,
    variable: bool,
) -> None:
    """psycopg's own OpenSSL knows no authority, and the image of pg_dump has none."""
    where = {"file": file and str(authorities[0] / file), "folder": folder and str(authorities[0] / folder)}
    (tmp_path / "sitecustomize.py").write_text(FINDS.format(**where))
    for name in ("target", "work"):
        (tmp_path / name).mkdir()
    url = migrated_on(with_tls)
    asks = {"PGSSLROOTCERT": "system"} if variable else {}
    asked = url + ("?sslmode=verify-full" if variable else "?sslmode=verify-full&sslrootcert=system")
    here = Deployment(asked, tmp_path / "media", str(tmp_path / "target"))

    prepared = here.run("backup", "--prepare", str(tmp_path / "work"), PYTHONPATH=tmp_path, **asks)
    assert prepared.returncode == 0, prepared.stderr
    service = (tmp_path / "work" / "service").read_text().splitlines()
    assert f"sslrootcert={tmp_path}/work/sslrootcert" in service
    assert "sslmode=verify-full" in service
    empty = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": "/none", "SSL_CERT_DIR": "/none"}
    subprocess.run(["sh", str(tmp_path / "work" / "dump.sh")], check=True, env=empty)
    done = here.run("backup", "--finish", str(tmp_path / "work"), PYTHONPATH=tmp_path, **asks)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("environment", [{}, {"SSL_CERT_FILE": "other.pem"}])
def test_another_authority_is_not_trusted(
    with_tls: PostgreSQL, authorities: tuple[Path, trustme.CA], tmp_path: Path, environment: dict[str, str]
) -> None:
    """What the operator names replaces what Python finds."""
    found = authorities[0] / ("ca.pem" if environment else "other.pem")
    (tmp_path / "sitecustomize.py").write_text(FINDS.format(file=str(found), folder=None))
    here = Deployment(
        f"{with_tls.url()}?sslmode=verify-full&sslrootcert=system", tmp_path / "media", str(tmp_path / "target")
    )
    named = {name: authorities[0] / file for name, file in environment.items()}
    refused = here.run("backup", "--prepare", str(tmp_path), PYTHONPATH=tmp_path, **named)
    assert refused.returncode == 2
    assert "certificate verify failed" in refused.stderr
