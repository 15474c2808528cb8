"""What every log line and error report of a request or a command carries."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cached_property
from typing import cast

import sentry_sdk
import structlog
from django.http import HttpRequest

from app.observability.access import SiteOfRequest
from app.observability.redact import secrets_of
from app.observability.text import escaped

LONGEST_ADDRESS = 64
LONGEST_HOST = 255


class ObservedRequest:
    """The request that log lines belong to."""

    def __init__(self, request: HttpRequest, request_id: str, client: str) -> None:
        self.request, self.request_id, self.client = request, request_id, client
        self.refused_hosts: dict[str, str] = {}

    @cached_property
    def secrets(self) -> list[str]:
        """What no message may repeat. Collected once, for the first message that is not the access line."""
        return secrets_of(self.request)


current_request: ContextVar[ObservedRequest | None] = ContextVar("observed_request", default=None)


def client_address(text: str) -> str:
    """An address that a header names, fit for a log line."""
    return escaped(text, LONGEST_ADDRESS)


def bind_client(address: str) -> None:
    """Log lines name the client by this address, from here to the end of the request."""
    observed = current_request.get()
    if observed is not None:
        observed.client = address
    structlog.contextvars.bind_contextvars(client=address)


def note_refused_hosts(*, host: str, forwarded_host: str) -> None:
    """The access line of the current request names the hosts that it was refused for."""
    observed = current_request.get()
    if observed is not None:
        observed.refused_hosts = refused_hosts(host, forwarded_host)


def refused_hosts(host: str, forwarded_host: str) -> dict[str, str]:
    """The fields of the access line for a refused host; the client wrote both."""
    found = {"host": host, "forwarded_host": forwarded_host}
    return {name: escaped(value, LONGEST_HOST) for name, value in found.items() if value}


def bind_site(*, site_id: int, domain: str, source: str) -> None:
    """Logs and errors name the site from here to `unbind_site()` or the end of the request."""
    structlog.contextvars.bind_contextvars(site=site_id, site_domain=domain, site_source=source)
    if sentry_sdk.get_client().is_active():
        for name, value in site_tags(site_id, domain, source).items():
            sentry_sdk.get_isolation_scope().set_tag(name, value)


def unbind_site() -> None:
    structlog.contextvars.unbind_contextvars("site", "site_domain", "site_source")
    if sentry_sdk.get_client().is_active():
        for name in ("site.id", "site.domain", "site.source"):
            sentry_sdk.get_isolation_scope().remove_tag(name)


def site_of(request: HttpRequest) -> SiteOfRequest | None:
    """The site that the request ended up with, known after the middlewares that choose it have run."""
    tenancy = getattr(request, "tenancy", None)  # absent when the host was refused
    return cast("SiteOfRequest | None", tenancy and tenancy.site)


def site_tags(site_id: int, domain: str, source: str) -> dict[str, str]:
    return {"site.id": str(site_id), "site.domain": domain, "site.source": source}
