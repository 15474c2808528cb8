"""URLs of services: each part is used or refused by name, and no secret is printed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache.backends.redis import RedisCache
from django.core.files.storage.handler import StorageHandler

from app.observability.redact import Redactor
from tests.support.programs import ROOT
from tests.support.variables import problems, settings_from

SECRET = "planted/50%+s@cret?#:;,="
URLS = {
    "DATABASE_URL": "postgres://me:{}@db.test:5433/name?sslmode=require",
    "CACHE_URL": "rediss://me:{}@cache.test:6380/3?ssl_ca_certs=/ca.pem&ssl_check_hostname=false",
    "EMAIL_URL": "smtp+tls://me%40x.test:{}@mail.test:587?timeout=3",
    "STORAGE_URL": "s3://AK:{}@s3.test:9000/bucket?region=there",
    "BACKUP_TARGET": "s3://AK:{}@s3.test:9000/bucket/prefix?region=there",
}
# By its first word, the variable that an example belongs to.
SCHEMES = {
    **dict.fromkeys(["postgres", "postgresql", "sqlite"], "DATABASE_URL"),
    **dict.fromkeys(["redis", "rediss", "unix", "locmem"], "CACHE_URL"),
    **dict.fromkeys(["smtp", "smtp+tls", "smtp+ssl", "smtps", "console", "file"], "EMAIL_URL"),
    **dict.fromkeys(["s3", "s3+http"], "STORAGE_URL"),
}
PLACES = [
    "README.md",
    "app/service_urls.py",
    "app/settings.py",
    "docker/compose.yaml",
    "docker/proxies/colonnade.env",
    *[str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").glob("*.md"))],
    "helm/colonnade/README.md",
    "helm/colonnade/values.yaml",
]


def examples() -> set[tuple[str, str]]:
    """Variable and value of every URL of a service in the documentation, the chart and the product's own messages."""
    found: set[tuple[str, str]] = set()
    for place in PLACES:
        for url in re.findall(r"(?<![\w+])[a-z3+]+://[^\s`'\"|,;{}<>$)]++(?![{$<])", (ROOT / place).read_text()):
            name = "BACKUP_TARGET" if "/PREFIX" in url else SCHEMES.get(url.partition(":")[0])
            if name:
                found.add((name, url.rstrip(".")))
    return found


def test_there_are_examples_for_every_service() -> None:
    assert {name for name, _ in examples()} == set(URLS)
    assert ("EMAIL_URL", "smtp+tls://USER:PASSWORD@HOST:587") in examples()


@pytest.mark.parametrize(("name", "url"), sorted(examples()))
def test_every_documented_url_is_accepted(name: str, url: str) -> None:
    settings_from(**{name: url})


def documented_defaults() -> dict[str, str]:
    """The values in the second column of the tables in docs/settings.md, by variable."""
    found: dict[str, str] = {}
    for names, values in re.findall(
        r"^\| (`[A-Z`, _]+`) \| ([^|]*) \|", (ROOT / "docs" / "settings.md").read_text(), re.M
    ):
        if quoted := re.findall(r"`([^`]*)`", values):
            found |= dict(zip(re.findall(r"`(\w+)`", names), quoted, strict=True))
    return found


def test_every_documented_default_is_the_default() -> None:
    """Set explicitly, it changes nothing."""
    defaults = documented_defaults()
    assert len(defaults) > 20
    given, bare = settings_from(**defaults), settings_from()
    same = {name for name in bare if name.isupper() and repr(given[name]) == repr(bare[name])}
    assert {name for name in bare if name.isupper()} - same <= {"MEDIA_ROOT"}  # relative in the table


def test_every_part_takes_effect() -> None:
    settings = settings_from(**{name: url.format(quote(SECRET, safe="")) for name, url in URLS.items()})
    database = settings["DATABASES"]["default"]
    assert [database[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me",
        SECRET,
        "db.test",
        "5433",
        "name",
    ]
    assert database["OPTIONS"]["sslmode"] == "require"
    cache = settings["CACHES"]["default"]
    client = RedisCache(cache["LOCATION"], {"OPTIONS": cache["OPTIONS"]})._cache.get_client()
    wanted = {
        "username": "me",
        "password": SECRET,
        "host": "cache.test",
        "port": 6380,
        "db": 3,
        "ssl_ca_certs": "/ca.pem",
    }
    wanted |= {"ssl_check_hostname": False, "socket_timeout": 1, "socket_connect_timeout": 1}
    assert wanted.items() <= client.connection_pool.connection_kwargs.items()
    assert client.connection_pool.connection_class.__name__ == "SSLConnection"
    mail = [settings[f"EMAIL_{name}"] for name in ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "TIMEOUT")]
    assert mail == ["mail.test", 587, "me@x.test", SECRET, True, 3.0]
    storage: Any = StorageHandler(settings["STORAGES"])["default"]
    assert [storage.access_key, storage.secret_key, storage.bucket_name] == ["AK", SECRET, "bucket"]
    assert [storage.endpoint_url, storage.region_name] == ["https://s3.test:9000", "there"]


def test_a_secret_in_a_url_is_removed_from_logs_in_both_spellings() -> None:
    for name, url in URLS.items():
        for spelling in (
            quote(SECRET, safe=""),
            quote(SECRET, safe="").lower(),
            quote(SECRET, safe="%+:;,=").replace("%+", "%25+"),
        ):
            redactor = Redactor()
            redactor.learn(settings_from(**{name: url.format(spelling)})["SECRETS"])
            assert "planted" not in redactor.clean_known(f"{SECRET} {spelling} {url.format(spelling)}"), name
    redactor = Redactor()
    redactor.learn(
        settings_from(DATABASE_URL="postgres://me@db/x?password=planted-one&sslpassword=planted-two")["SECRETS"]
    )
    assert "planted" not in redactor.clean_known("planted-one planted-two")


RAW = ["planted/x", "1/planted", "1?planted", "1#planted", "planted@x/y", "x\tplanted", "planted%ff", "[planted"]


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("secret", RAW)
def test_what_would_split_the_url_elsewhere_is_refused_and_not_printed(name: str, secret: str) -> None:
    found = problems(**{name: URLS[name].format(secret)})
    assert set(found) == {name}
    assert "planted" not in str(found)


@pytest.mark.parametrize(
    ("name", "url", "named"),
    [
        ("DATABASE_URL", "postgres://u:planted@h/x?sslmode=require&typo=planted", "typo"),
        ("DATABASE_URL", "postgres://u:planted@h/x?conn_max_age=5", "conn_max_age"),
        ("DATABASE_URL", "postgres://u:planted@h/x?user=other", "user"),
        ("DATABASE_URL", "postgres://u:planted@h/x?sslmode=require&sslmode=disable", "Duplicate option"),
        ("DATABASE_URL", "postgres://u:planted@h", "name of the database"),
        ("DATABASE_URL", "postgres://u:planted@h:port/x", "Percent-encode"),
        ("DATABASE_URL", "mysql://u:planted@h/x", "postgres"),
        ("DATABASE_URL", "sqlite:///x?mode=ro", "mode"),
        ("DATABASE_URL", "sqlite:///x?timeout=soon", "timeout"),
        ("DATABASE_URL", "sqlite://var/x", "three slashes"),
        ("CACHE_URL", "redis://:planted@h/first", "number of a database"),
        ("CACHE_URL", "redis://:planted@h/0?ssl_ca_certs=/ca.pem", "ssl_ca_certs"),
        ("CACHE_URL", "rediss://:planted@h/0?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
        ("CACHE_URL", "redis://:planted@h/0?socket_timeout=soon", "socket_timeout"),
        ("CACHE_URL", "redis://:planted@h1:6379,h2:6379/0", "Percent-encode"),
        ("CACHE_URL", "redis:///0", "host"),
        ("CACHE_URL", "unix://planted", "three slashes"),
        ("CACHE_URL", "locmem://x?timeout=5", "timeout"),
        ("EMAIL_URL", "smtp://u:planted@h?tls=true", "tls"),
        ("EMAIL_URL", "smtp://u:planted@h?timeout=0", "timeout"),
        ("EMAIL_URL", "smtp://planted@h", "both"),
        ("EMAIL_URL", "smtp+tls://u:planted@", "smtp+tls://USER"),
        ("EMAIL_URL", "console://planted", "console:"),
        ("STORAGE_URL", "s3://AK:planted@h/bucket/folder", "BUCKET"),
        ("STORAGE_URL", "s3://AK:planted@/bucket", "HOST"),
        ("BACKUP_TARGET", "s3://AK:planted@h/", "BUCKET/PREFIX"),
        ("BACKUP_TARGET", "s3://AK:planted@h/bucket/folder?acl=public", "acl"),
        ("STORAGE_URL", "s3://planted@h/bucket", "both"),
        ("STORAGE_URL", "s3://AK:planted@h/bucket?regoin=x", "regoin"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, url: str, named: str) -> None:
    found = problems(**{name: url})
    assert set(found) == {name}
    assert named in " ".join(found[name])
    assert "planted" not in str(found)


def test_options_of_the_server_do_not_remove_the_statement_timeout() -> None:
    url = "postgres://db/x?options=-c%20search_path%3Dmine"
    options = settings_from(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]
    assert options["options"] == "-c statement_timeout=30000 -c search_path=mine"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/a%20b%23c/x.db", "/srv/a b#c/x.db"),
        ("sqlite:////srv/a@b/x.db", "/srv/a@b/x.db"),
        ("sqlite://", ":memory:"),
    ],
)
def test_a_path_of_sqlite_may_have_any_character(url: str, name: str) -> None:
    assert settings_from(DATABASE_URL=url)["DATABASES"]["default"]["NAME"] == name


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgres://%2Fvar%2FRun%2Fpg/x", "/var/Run/pg"),
        ("postgres:///x?host=/run/pg", "/run/pg"),
        ("postgres://[2001:db8::1]:5432/x", "2001:db8::1"),
    ],
)
def test_a_socket_or_an_address_as_the_host(url: str, host: str) -> None:
    assert settings_from(DATABASE_URL=url)["DATABASES"]["default"]["HOST"] == host
