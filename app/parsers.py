"""Types of values that the settings read from the environment, beside those of `environs`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from django.apps import AppConfig
from environs import ValidationError
from sentry_sdk.utils import BadDsn, Dsn

from app import extra_apps as apps_from_outside
from app import service_urls
from app.env import Environment
from app.sign_in.oidc.configuration import InvalidIssuer, clean_issuer
from app.tenancy.hosts.names import InvalidHost, normalise_alias, normalise_domain, parse_host
from app.themes.definition import InvalidThemes, Theme, read_themes
from app.twitter.x.tokens import InvalidToken, clean_token

DNS_PORT = 53


def environment() -> Environment:
    """A reader that knows all of these types."""
    env = Environment()
    names = (bearer_token, dns_servers, domain, domains, extra_apps, issuer, optional_database_url)
    for parser in (*names, secret_key, secret_keys, sentry_dsn, themes):
        env.add_parser(parser.__name__, parser)
    env.add_parser("backup_target", service_urls.backup)
    env.add_parser("cache_url", service_urls.cache)
    env.add_parser("database_url", service_urls.database)
    env.add_parser("email_url", service_urls.email)
    env.add_parser("storage_url", service_urls.storage)
    return env


def optional_database_url(value: str) -> service_urls.Service | None:
    return service_urls.database(value) if value else None


def domain(value: str, *, wildcards: bool = False) -> str:
    try:
        return normalise_alias(value) if wildcards else normalise_domain(value)
    except InvalidHost as error:
        raise ValidationError(f"{value!r} is not a host: {error.reason}.") from None


def domains(value: str, *, wildcards: bool = False) -> list[str]:
    return [domain(part, wildcards=wildcards) for part in value.split(",") if part.strip()]


def dns_servers(value: str) -> list[tuple[str, int]]:
    """Addresses with an optional port: 10.0.0.2, 127.0.0.1:5353, [::1]:5353."""
    return [_dns_server(part.strip()) for part in value.split(",") if part.strip()]


def _dns_server(text: str) -> tuple[str, int]:
    try:
        host = parse_host(text if text.startswith("[") or text.count(":") < 2 else f"[{text}]")
        return str(ip_address(host.name.strip("[]"))), host.port or DNS_PORT
    except ValueError:  # InvalidHost is one
        raise ValidationError(f"{text!r} is not an IP address, with or without a port.") from None


def secret_key(value: str, *, may_be_weak: bool = False) -> str:
    # Of Django's own bounds (security.W009) those that separate a weak key from a strong one: 32 hexadecimal
    # digits are 128 bits. `check --deploy` asks for 50 characters.
    if value and not may_be_weak and (len(value) < 32 or len(set(value)) < 5):
        raise ValidationError("Too weak: it needs at least 32 characters, 5 of them different, and must be random.")
    return value


def secret_keys(value: str | list[str], *, may_be_weak: bool = False) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [secret_key(part, may_be_weak=may_be_weak) for part in parts if part]


def sentry_dsn(value: str) -> str:
    try:
        Dsn(value or "https://key@none/0")
    except (BadDsn, ValueError):
        raise ValidationError("Not a DSN of the form https://KEY@HOST/PROJECT.") from None
    return value


def bearer_token(value: str) -> str:
    try:
        return clean_token(value)
    except InvalidToken as error:
        raise ValidationError(str(error)) from None


def issuer(value: str) -> str:
    try:
        return clean_issuer(value)
    except InvalidIssuer as error:
        raise ValidationError(str(error)) from None


def themes(value: str) -> dict[str, Theme]:
    """The shipped themes and those in folders, separated by commas."""
    try:
        return read_themes(Path(part.strip()) for part in value.split(",") if part.strip())
    except InvalidThemes as fault:
        raise ValidationError(fault.problems) from None


def extra_apps(value: str) -> list[AppConfig]:
    """Apps by their module or their AppConfig, separated by commas."""
    return [apps_from_outside.find(part.strip()) for part in value.split(",") if part.strip()]
