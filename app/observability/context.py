"""What every log line and error report of a request or a command carries."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol, cast

import sentry_sdk
import structlog
from django.http import HttpRequest


class SiteOfRequest(Protocol):
    """The site that a request was served for, as `request.tenancy.site` describes it."""

    @property
    def id(self) -> int: ...
    @property
    def domain(self) -> str: ...
    @property
    def source(self) -> str: ...


current_request: ContextVar[HttpRequest | None] = ContextVar("observed_request", default=None)


def bind_site(*, site_id: int, domain: str, source: str) -> None:
    """Logs and errors from here on name the site, until `unbind_site()` or the end of the request."""
    structlog.contextvars.bind_contextvars(site=site_id, site_domain=domain, site_source=source)
    for name, value in site_tags(site_id, domain, source).items():
        sentry_sdk.get_isolation_scope().set_tag(name, value)


def unbind_site() -> None:
    structlog.contextvars.unbind_contextvars("site", "site_domain", "site_source")
    for name in ("site.id", "site.domain", "site.source"):
        sentry_sdk.get_isolation_scope().remove_tag(name)


def site_of(request: HttpRequest) -> SiteOfRequest | None:
    """The site that the request ended up with, known after the middlewares that choose it have run."""
    tenancy = getattr(request, "tenancy", None)  # absent when the host was refused
    return cast("SiteOfRequest | None", tenancy and tenancy.site)


def site_tags(site_id: int, domain: str, source: str) -> dict[str, str]:
    return {"site.id": str(site_id), "site.domain": domain, "site.source": source}
