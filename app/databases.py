"""The databases of a deployment in Django's form: the one of the pods, and the one of the role that migrates."""

from __future__ import annotations

from typing import Any

from app.postgresql import authorities
from app.private_files import PrivateSQLite
from app.service_urls import Service

SQLITE = {
    "factory": PrivateSQLite,
    # One writer at a time: a transaction takes the lock when it starts, and waits for it; readers do not.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POSTGRESQL = {
    "connect_timeout": 2,
    # A lost server is noticed after a minute, not after the operating system's fifteen.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
BOUND = "app.postgresql.row_security"


def is_sqlite(service: Service) -> bool:
    return str(service.settings["ENGINE"]).endswith("sqlite3")


def in_django(service: Service) -> dict[str, Any]:
    """An entry of `DATABASES`. With `sslrootcert=system`, this process trusts the authorities of this machine."""
    options = dict(service.settings["OPTIONS"])
    if is_sqlite(service):
        options = SQLITE | options
    else:
        authorities.use_those_of_this_machine(options)
        # libpq uses the last value of a setting, so a URL can replace this one; its other options leave it in place.
        timeout = f"-c statement_timeout=30000 {options.pop('options', '')}".strip()
        options = {**POSTGRESQL, "options": timeout, **options}
    return {**service.settings, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def fault_of_row_security(database: Service, owner: Service | None) -> str:
    """Why row security cannot work with these URLs; empty when it can."""
    if is_sqlite(database):
        return "It needs PostgreSQL; DATABASE_URL is SQLite."
    if owner is None:
        return ""
    if is_sqlite(owner):
        return "MIGRATE_DATABASE_URL must be the same PostgreSQL database as DATABASE_URL."
    if owner.settings["USER"] == database.settings["USER"]:
        return "MIGRATE_DATABASE_URL and DATABASE_URL name the same role; the pods need one that owns no table."
    return ""
