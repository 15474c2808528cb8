"""The environment: a process with bad values does not start, and names them all."""

from __future__ import annotations

import re
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from app.env import read_or_create_secret
from app.observability.redact import Redactor
from tests.support.commands import environment, manage, managed
from tests.support.programs import ROOT, free_port
from tests.support.server import COMMAND
from tests.support.variables import known_variables, problems, settings_from

BAD = {
    "DEBUG": "flase",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "LOUD",
    "WEB_CONCURRENCY": "0",
    "WEB_THREADS": "many",
    "METRICS_PORT": "70000",
    "DATABASE_URL": "oracle-ish://x",
    "DATABASE_ROW_SECURITY": "perhaps",
    "MIGRATE_DATABASE_URL": "postgres://owner@db/",
    "CACHE_URL": "nonsense://x",
    "STORAGE_URL": "ftp://files",
    "BACKUP_TARGET": "s3://bucket",
    "MEDIA_MAX_MB": "0",
    "MEDIA_SITE_MAX_MB": "-1",
    "SITE_ID": "one",
    "SITE_DOMAIN": "a..b",
    "MEZZANINE_SITE_ID": "-1",
    "EXTRA_APPS": "nowhere",
    "THEMES_DIRS": "/nowhere",
    "ADMIN_HOSTS": "good.test,http://admin.test",
    "ALLOWED_HOSTS": "good.test,*",
    "ANALYTICS_HOSTS": "stats.test,https://stats.test",
    "TRUSTED_PROXIES": "10.0.0.0/8,everybody",
    "PROXY_HOPS": "0",
    "DOMAIN_PROOF": "perhaps",
    "DOMAIN_QUARANTINE_DAYS": "-1",
    "DNS_SERVERS": "10.0.0.2,dns.example.org",
    "SITES_REFRESH_SECONDS": "-1",
    "PAGE_CACHE_SECONDS": "-1",
    "PAGE_CACHE_MB": "plenty",
    "SECURE_SSL_REDIRECT": "perhaps",
    "SSL_REDIRECT_EXCEPT": "plain.example.org, a b",
    "HSTS_SECONDS": "-5",
    "REQUIRE_MFA": "everybody",
    "EMAIL_URL": "pigeon://x",
    "SECRET_KEY": "short",
    "SECRET_KEY_FALLBACKS": "the first key of a rotation is long enough,short",
    "SENTRY_DSN": "https://sentry.example/1",
    "SENTRY_TRACES_SAMPLE_RATE": "2",
    "TWITTER_API_URL": "not a url",
    "TWITTER_BEARER_TOKEN": "no header carries \u201cthis\u201d",
    "TWITTER_DAILY_READS": "-1",
    "TWITTER_KEEP": "0",
    "AUDIT_DAYS": "0",
    "UNKNOWN_HOST_LANGUAGE": "klingon",
    "DATABASE_WAIT_SECONDS": "-1",
    "SITES_PRUNE": "perhaps",
    "PASSWORD_SIGN_IN": "perhaps",
    "OIDC_URL": "http://login.example.org",
    "OIDC_CLIENT_ID": "without a URL",
    "OIDC_CLIENT_SECRET": "without a URL",
    "OIDC_NAME": "without a URL",
    "OIDC_LINK_BY_EMAIL": "perhaps",
    "OIDC_ROLES_CLAIM": "without a URL",
    "OIDC_CREATE_USERS": "perhaps",
}
#: Any text will do.
FREE = {
    "DEFAULT_FROM_EMAIL",
    "DJANGO_SUPERUSER_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD",
    "DJANGO_SUPERUSER_USERNAME",
    "HEALTH_TOKEN",
    "MEDIA_ROOT",
    "SENTRY_ENVIRONMENT",
    "SITES_FILE",
    "UNKNOWN_HOST_TEXT",
    "UNKNOWN_HOST_TITLE",
}


def test_dns_servers_may_have_a_port() -> None:
    found = settings_from(DNS_SERVERS="10.0.0.2, 127.0.0.1:5353,[::1]:5353,2001:db8::1")["DNS_SERVERS"]
    assert found == [("10.0.0.2", 53), ("127.0.0.1", 5353), ("::1", 5353), ("2001:db8::1", 53)]
    assert settings_from()["DNS_SERVERS"] == []


def test_every_variable_is_tried() -> None:
    assert known_variables() == set(BAD) | FREE


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named(name: str) -> None:
    assert set(problems(**{name: BAD[name]})) == {name}


def test_all_bad_values_are_reported_together() -> None:
    assert set(problems(**BAD)) == set(BAD)


@pytest.mark.parametrize("path", ["/nowhere/key", "/"])
def test_a_secret_whose_file_cannot_be_read(path: str) -> None:
    found = problems(SECRET_KEY="", SECRET_KEY_FILE=path, DATABASE_URL="postgres://db/x")
    assert "SECRET_KEY_FILE cannot be read" in " ".join(found["SECRET_KEY"])


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("x")
    assert "not both" in " ".join(problems(SECRET_KEY_FILE=file)["SECRET_KEY"])


@pytest.mark.parametrize("name", ["BIND", "WEB_CONCURRENCY", "WEB_THREADS", "METRICS_PORT"])
def test_a_file_that_the_server_would_not_read_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("7")
    found = problems(**{f"{name}_FILE": str(tmp_path / "value")})
    assert found == {name: [f"{name}_FILE is not read by the server. Set {name} itself."]}


def test_a_deployment_needs_a_key() -> None:
    assert set(problems(SECRET_KEY="", DATABASE_URL="postgres://db/x")) == {"SECRET_KEY"}


@pytest.mark.parametrize(
    ("pods", "owner", "words"),
    [
        ("sqlite:////srv/db.sqlite3", "", "It needs PostgreSQL"),
        ("postgres://pods@db/x", "sqlite:////srv/db.sqlite3", "must be the same PostgreSQL database"),
        ("postgres://same@db/x", "postgres://same@db:6432/x", "name the same role"),
    ],
)
def test_row_security_needs_two_roles_of_postgresql(pods: str, owner: str, words: str) -> None:
    urls = {"DATABASE_URL": pods, "MIGRATE_DATABASE_URL": owner}
    found = problems(**urls, DATABASE_ROW_SECURITY="true")

    assert set(found) == {"DATABASE_ROW_SECURITY"}
    assert words in found["DATABASE_ROW_SECURITY"][0]


def test_row_security_has_a_backend_of_its_own() -> None:
    urls = {"DATABASE_URL": "postgres://pods:%40planted@db/x", "MIGRATE_DATABASE_URL": "postgres://owner:planted@db/x"}
    without, found = settings_from(**urls), settings_from(**urls, DATABASE_ROW_SECURITY="true")

    assert [s["DATABASES"]["default"]["ENGINE"] for s in (without, found)] == [
        "app.postgresql",
        "app.postgresql.row_security",
    ]
    assert {"@planted", "planted"} <= set(found["SECRETS"])


def test_a_missing_key_is_reported_with_everything_else() -> None:
    assert set(problems(**{**BAD, "SECRET_KEY": ""})) == set(BAD)


@pytest.mark.parametrize("weak", ["x" * 64, "abc" * 20, "only 31 characters, nearly good", "0123456789abcdef"])
def test_a_weak_key_is_refused_unless_it_is_for_debugging(weak: str) -> None:
    (message,) = problems(SECRET_KEY=weak)["SECRET_KEY"]
    assert "32 characters" in message
    assert weak not in message
    assert settings_from(SECRET_KEY=weak, DEBUG="true")["SECRET_KEY"] == weak


def test_the_shortest_key_is_128_bits_in_hexadecimal() -> None:
    assert settings_from(SECRET_KEY="0123456789abcdef" * 2)["SECRET_KEY"] == "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "dsn", ["nonsense", "https://key@sentry.example/project", "ftp://key@sentry.example/1", "https://key@[x/1"]
)
def test_a_bad_dsn_is_named_and_not_printed(dsn: str) -> None:
    (message,) = problems(SENTRY_DSN=dsn)["SENTRY_DSN"]
    assert dsn not in message
    assert "key@" not in message


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "HEALTH_TOKEN",
        "TWITTER_BEARER_TOKEN",
        "SENTRY_DSN",
        "DJANGO_SUPERUSER_PASSWORD",
    ],
)
def test_every_secret_is_removed_from_logs(name: str) -> None:
    """Those of URLs: tests/test_service_urls.py."""
    value = (
        "https://planted@sentry.example/1" if name == "SENTRY_DSN" else "planted-and-long-enough-to-be-taken-for-one"
    )
    redactor = Redactor()
    redactor.learn(settings_from(**{name: value})["SECRETS"])
    assert "planted" not in redactor.clean_known(f"It is {value}.")


def test_connections_to_the_database_are_kept_and_checked() -> None:
    for url in ("postgres://db/x", "sqlite:////tmp/x.sqlite3"):
        database = settings_from(DATABASE_URL=url)["DATABASES"]["default"]
        assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)


@pytest.mark.process
def test_no_process_starts_with_a_bad_value() -> None:
    result = manage("check", **BAD)
    assert result.returncode == 2
    assert set(re.findall(r"^  ([A-Z_]+): ", result.stderr, re.MULTILINE)) == set(BAD)
    assert "Traceback" not in result.stderr
    env = environment(PROXY_HOPS="0", BIND=f"127.0.0.1:{free_port()}")
    server = subprocess.run(COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert server.returncode != 0
    assert "PROXY_HOPS" in server.stdout + server.stderr


@pytest.mark.process
def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a secret from a file, and long enough for one\n")
    show = ("shell", "-v0", "-c", "from django.conf import settings; print(repr(settings.SECRET_KEY))")
    assert (
        managed(*show, SECRET_KEY="", SECRET_KEY_FILE=file).strip() == "'a secret from a file, and long enough for one'"
    )


@pytest.mark.process
def test_an_empty_variable_is_not_set() -> None:
    managed("check", WEB_CONCURRENCY="", ALLOWED_HOSTS="", MEZZANINE_SITE_ID="")


def test_processes_that_start_side_by_side_keep_one_key(tmp_path: Path) -> None:
    made: list[str] = []
    line = threading.Barrier(8)

    def start(number: int) -> None:
        def make() -> str:
            line.wait()  # every one of them has found no file, and holds a key of its own
            return f"key {number}"

        made.append(read_or_create_secret(tmp_path / "var" / "secret-key", make))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert made[0].startswith("key ")
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["secret-key"]
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.process
def test_nobody_else_can_read_what_sqlite_keeps(tmp_path: Path) -> None:
    """Password hashes, sessions and tokens: also in files that an earlier version left readable."""
    database, code = tmp_path / "db.sqlite3", "import pathlib, sys\n"
    code += "from django.db import connection\nfrom app.locks import try_lock\n"
    code += "connection.cursor().execute('CREATE TABLE IF NOT EXISTS t (x)')\n"
    code += "held = try_lock('poll')\nheld.__enter__()\n"
    code += "for path in sorted(pathlib.Path(sys.argv[-1]).iterdir()):\n    print(path.name, oct(path.stat().st_mode))"
    for _ in range(2):
        shown = managed(
            "shell",
            "-v0",
            "-c",
            code.replace("sys.argv[-1]", repr(str(tmp_path))),
            DATABASE_URL=f"sqlite:///{database}",
        )
        modes = dict(line.split() for line in shown.splitlines())
        assert modes.keys() == {f"db.sqlite3{end}" for end in ("", "-wal", "-shm", ".poll-lock")}
        assert set(modes.values()) == {oct(stat.S_IFREG | 0o600)}
        for path in tmp_path.iterdir():
            path.chmod(0o644)
