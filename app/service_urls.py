"""URLs of the services that a deployment uses, read into Django's settings.

Each part of a URL takes effect or is refused by name. No message repeats a part, because any part may be a secret:
a `/` in a password, for example, ends the host as the URL is split.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from environs import ValidationError

ENCODE = "Percent-encode special characters in user name and password (/ is %2F, @ is %40, # is %23, ? is %3F)"
SMTP = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "smtps": 465}
FOLDER = "django.core.files.storage.FileSystemStorage"
OTHER_EMAIL = {"console": "console", "dummy": "dummy", "file": "filebased"}
REDIS_OPTIONS = {"db", "max_connections", "protocol", "socket_connect_timeout", "socket_keepalive", "socket_timeout"}
TLS_OPTIONS = {"ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}


@dataclass(frozen=True, slots=True)
class Service:
    """What a URL means in Django's settings, and the secrets in it: as written, and decoded."""

    settings: Mapping[str, Any]
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A split URL; everything is decoded. The path has no leading slash."""

    scheme: str
    user: str
    password: str
    host: str
    port: int | None
    path: str
    options: dict[str, str]
    secrets: tuple[str, ...]

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    def refuse_options_except(self, allowed: Collection[str]) -> None:
        if unknown := sorted(self.options.keys() - set(allowed)):
            raise ValidationError(f"Unknown options: {', '.join(name[:40] for name in unknown)}.")

    def refuse_half_credentials(self) -> None:
        if bool(self.user) != bool(self.password):
            raise ValidationError("User name and password: give both or none.")


def split(url: str, schemes: Collection[str]) -> Parts:
    """Raises `ValidationError` unless every part of the URL is unambiguous."""
    if url != url.strip() or not url.isprintable():
        raise ValidationError("It contains spaces or control characters at an end, or a line end.")
    try:
        parts = urlsplit(url)
        port = parts.port
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict")
        login, _, place = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        host = place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]
        secrets = {password, unquote(password, errors="strict")} - {""}
        user, password, host, path = (
            unquote(part, errors="strict") for part in (user, password, host, parts.path.removeprefix("/"))
        )
    except ValueError:
        raise ValidationError(f"Not a valid URL. {ENCODE}.") from None
    if parts.scheme not in schemes:
        raise ValidationError(f"It must begin with one of: {', '.join(f'{name}:' for name in sorted(schemes))}.")
    if "#" in url or "@" in parts.query or (parts.netloc and "@" in parts.path):
        raise ValidationError(f"Not a valid URL. {ENCODE}.")
    options = dict(pairs)
    if len(options) < len(pairs):
        raise ValidationError("Duplicate option.")
    return Parts(parts.scheme, user, password, host, port, path, options, tuple(secrets))


def database(url: str) -> Service:
    """`postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=require` with options of libpq, or `sqlite:///PATH`."""
    if url in ("sqlite://", "sqlite://:memory:"):
        url = "sqlite:///:memory:"
    parts = split(url, {"postgres", "postgresql", "sqlite"})
    return sqlite(parts) if parts.scheme == "sqlite" else postgresql(parts)


def sqlite(parts: Parts) -> Service:
    parts.refuse_options_except({"timeout"})
    if parts.host or not parts.path:
        raise ValidationError("SQLite needs a path after three slashes: sqlite:////srv/data/db.sqlite3.")
    options = {"timeout": number("timeout", parts.options["timeout"])} if parts.options else {}
    return Service({"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path, "OPTIONS": options})


def postgresql(parts: Parts) -> Service:
    from psycopg import pq  # not for those who use SQLite

    parts.refuse_options_except({option.keyword.decode() for option in pq.Conninfo.get_defaults()})
    options = dict(parts.options)
    settings: dict[str, Any] = {"ENGINE": "app.postgresql"}
    given = {
        "user": ("USER", parts.user),
        "password": ("PASSWORD", parts.password),
        "host": ("HOST", parts.host),
        "port": ("PORT", str(parts.port or "")),
        "dbname": ("NAME", parts.path),
    }
    for keyword, (name, value) in given.items():
        if value and keyword in options:
            raise ValidationError(f"{keyword} is given twice: in the address and as an option.")
        settings[name] = value or options.pop(keyword, "")
    if not settings["NAME"] and "service" not in options:
        raise ValidationError("The name of the database is missing: postgres://USER:PASSWORD@HOST:5432/NAME.")
    secrets = {*parts.secrets, settings["PASSWORD"], options.get("sslpassword", "")} - {""}
    return Service({**settings, "OPTIONS": options}, tuple(secrets))


def cache(url: str) -> Service:
    """`redis://USER:PASSWORD@HOST:6379/0`, `rediss://` with TLS, `unix:///SOCKET`, or `locmem://` per process."""
    parts = split(url, {"redis", "rediss", "unix", "locmem", "dummy"})
    if parts.scheme in ("locmem", "dummy"):
        parts.refuse_options_except(())
        backend = {"locmem": "locmem.LocMemCache", "dummy": "dummy.DummyCache"}[parts.scheme]
        return Service({"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": parts.host})
    from redis import RedisError  # not for those who use none
    from redis.connection import ConnectionPool

    parts.refuse_options_except(REDIS_OPTIONS | (TLS_OPTIONS if parts.scheme == "rediss" else set()))
    if parts.scheme == "unix" and (parts.host or not parts.path):
        raise ValidationError("A Unix socket needs a path after three slashes: unix:///run/redis.sock?db=0.")
    if parts.scheme != "unix" and not parts.host:
        raise ValidationError("The host is missing: redis://USER:PASSWORD@HOST:6379/0.")
    if parts.scheme != "unix" and parts.path and not parts.path.isdecimal():
        raise ValidationError("The path must be the number of a database: redis://USER:PASSWORD@HOST:6379/0.")
    try:
        ConnectionPool.from_url(url).make_connection()  # reads every option; does not connect
    except (RedisError, TypeError, ValueError):
        raise ValidationError(f"An option has an invalid value: {', '.join(sorted(parts.options))}.") from None
    # A list: Django splits a string at commas and semicolons, which a password may contain.
    return Service(
        {
            "BACKEND": "app.signed_cache.RedisCache",
            "LOCATION": [url],
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},  # an option of the URL replaces them
        },
        parts.secrets,
    )


def email(url: str) -> Service:
    """`smtp://HOST`, `smtp+tls://USER:PASSWORD@HOST:587` (STARTTLS), `smtp+ssl://` (TLS from the first byte), or none:
    `console:`, `dummy:`, `file:///FOLDER`."""
    parts = split(url, {*SMTP, *OTHER_EMAIL})
    if parts.scheme in OTHER_EMAIL:
        parts.refuse_options_except(())
        if parts.host or (parts.scheme == "file") != bool(parts.path):
            raise ValidationError("Only a folder is needed, and only for file: console:, or file:///srv/mail.")
        settings = {"EMAIL_BACKEND": f"django.core.mail.backends.{OTHER_EMAIL[parts.scheme]}.EmailBackend"}
        return Service({**settings, "EMAIL_FILE_PATH": f"/{parts.path}"} if parts.path else settings)
    parts.refuse_options_except({"timeout"})
    parts.refuse_half_credentials()
    if not parts.host or parts.path:
        raise ValidationError("Not of the form smtp+tls://USER:PASSWORD@HOST:587.")
    values = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.host,
        "EMAIL_PORT": parts.port or SMTP[parts.scheme],
        "EMAIL_HOST_USER": parts.user,
        "EMAIL_HOST_PASSWORD": parts.password,
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme in ("smtp+ssl", "smtps"),
        "EMAIL_TIMEOUT": number("timeout", parts.options.get("timeout", "10")),
    }
    return Service(values, parts.secrets)


def storage(url: str) -> Service:
    """`s3://KEY:SECRET@HOST/BUCKET?region=REGION`; `s3+http` without TLS. Empty: files in a folder.

    Without a key, boto3 looks for one: in its own variables, or in the metadata of a cloud.
    """
    if not url:
        return Service({"BACKEND": FOLDER})
    parts = split(url, {"s3", "s3+http"})
    bucket = parts.path.removesuffix("/")
    if not parts.host or not bucket or "/" in bucket:
        raise ValidationError("Not of the form s3://KEY:SECRET@HOST/BUCKET?region=REGION.")
    # A request waits for S3, and a thread with it.
    return s3(parts, bucket, read_timeout=10)


def backup(url: str) -> Service | None:
    """Where backups are kept: `/FOLDER`, or `s3://KEY:SECRET@HOST/BUCKET/PREFIX?region=REGION`. Empty: None."""
    if not url:
        return None
    if url.startswith("/"):
        return Service({"BACKEND": FOLDER, "OPTIONS": {"location": url}})
    parts = split(url, {"s3", "s3+http"})
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if not parts.host or not bucket:
        raise ValidationError("Neither a folder (/srv/backups) nor s3://KEY:SECRET@HOST/BUCKET/PREFIX?region=REGION.")
    service = s3(parts, bucket, read_timeout=60)
    return Service(
        {**service.settings, "OPTIONS": {**service.settings["OPTIONS"], "location": prefix}}, service.secrets
    )


def s3(parts: Parts, bucket: str, *, read_timeout: int) -> Service:
    from botocore.config import Config  # not for those who use a folder

    parts.refuse_options_except({"region"})
    parts.refuse_half_credentials()
    options = {
        "access_key": parts.user or None,
        "secret_key": parts.password or None,
        "bucket_name": bucket,
        "endpoint_url": f"{'http' if parts.scheme == 's3+http' else 'https'}://{parts.address}",
        "region_name": parts.options.get("region"),
        "file_overwrite": False,
        # Not every server knows the checksums that botocore adds.
        "client_config": Config(
            connect_timeout=3,
            read_timeout=read_timeout,
            retries={"total_max_attempts": 2},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
    return Service({"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}, parts.secrets)


def number(name: str, value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        found = 0.0
    if not 0 < found < 86_400:
        raise ValidationError(f"{name} must be a number of seconds above 0.")
    return found
