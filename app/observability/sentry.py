"""Errors and traces go to Sentry when SENTRY_DSN is set. Secrets do not."""

from __future__ import annotations

from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.argv import ArgvIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from app.observability.redact import redactor

UNTRACED = frozenset({"/livez", "/readyz", "/startupz", "/healthz", "/tls/ask"})
SENT_HEADERS = frozenset({"host", "user-agent", "accept", "accept-language", "content-type", "content-length"})
# SECURITY: what spans and breadcrumbs may say beside their name. Integrations also give them template contexts (names,
# titles, form values), query strings and parameters of statements.
SENT_DATA = {
    *("method", "http.method", "http.request.method", "status_code", "http.response.status_code", "reason", "type"),
    *("server.address", "server.port", "db.system", "db.name", "db.driver.name"),
    *("sentry.op", "sentry.origin", "thread.id", "thread.name"),
}


def configure(
    dsn: str, *, environment: str, traces_sample_rate: float, release: str, transport: Transport | None = None
) -> None:
    """Starts the client; without a DSN, none. `transport` replaces the network in tests."""
    if not dsn:
        return

    def sample(context: dict[str, Any]) -> float:
        path = (context.get("wsgi_environ") or {}).get("PATH_INFO")
        return 0.0 if path in UNTRACED else traces_sample_rate

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        transport=transport,
        traces_sampler=sample,
        before_send=scrub,
        before_send_transaction=scrub_transaction,
        before_breadcrumb=scrub_breadcrumb,
        # SECURITY: each of these may send a secret: variables, bodies, a command's arguments.
        include_local_variables=False,
        max_request_body_size="never",
        disabled_integrations=[ArgvIntegration],
        # Otherwise every installed library's integration would be enabled.
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(transaction_style="url", middleware_spans=False)],
    )
    # Anyone can send a bad host, and a failed request already is an event by its exception.
    for name in ("django.security.DisallowedHost", "app.access"):
        ignore_logger(name)


def scrub(event: Event, _: Hint) -> Event | None:
    """The event without query, cookies, unknown headers and known secrets. Also called for check-ins."""
    request = event.get("request")
    if request:
        headers = cast("dict[str, str]", request.get("headers") or {})
        event["request"] = {
            "method": request.get("method"),
            "url": str(request.get("url", "")).partition("?")[0],
            "headers": {name: value for name, value in headers.items() if name.lower() in SENT_HEADERS},
        }
    cleaned: Event = redactor.clean_tree(event)
    return cleaned


def scrub_transaction(event: Event, hint: Hint) -> Event | None:
    """Drops the trace of a request without a site; scanners send many of them."""
    trace = (event.get("contexts") or {}).get("trace") or {}
    if trace.get("op") == "http.server" and "site.id" not in (event.get("tags") or {}):
        return None
    for span in [trace, *cast("list[dict[str, Any]]", event.get("spans") or [])]:
        span["data"] = _allowed(span.get("data"))
        if isinstance(span.get("description"), str):
            span["description"] = span["description"].partition("?")[0]
    return scrub(event, hint)


def scrub_breadcrumb(crumb: dict[str, Any], _: dict[str, Any]) -> dict[str, Any] | None:
    cleaned: dict[str, Any] = redactor.clean_tree({**crumb, "data": _allowed(crumb.get("data"))})
    return cleaned


def _allowed(data: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (data or {}).items() if name in SENT_DATA and isinstance(value, str | int)}
