"""What every log line and error report of a request or a command carries."""

from __future__ import annotations

import sentry_sdk
import structlog


def bind_site(*, site_id: int, domain: str, source: str) -> None:
    """Logs and errors from here on name the site, until `unbind_site()` or the end of the request."""
    structlog.contextvars.bind_contextvars(site=site_id, site_domain=domain, site_source=source)
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("site.id", str(site_id))
    scope.set_tag("site.domain", domain)
    scope.set_tag("site.source", source)


def unbind_site() -> None:
    structlog.contextvars.unbind_contextvars("site", "site_domain", "site_source")
